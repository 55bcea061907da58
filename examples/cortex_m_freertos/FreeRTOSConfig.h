/* SPDX-License-Identifier: BSL-1.0
   Of FreeRTOS only tasks, queues and mutexes, all in memory that the program gives: there is no heap.
   Refuses nothing silently: a failed assertion and a stack that has run over end the program with a word. */
#pragma once

#define configCPU_CLOCK_HZ 25000000UL /* the MPS2 board's */
#define configTICK_RATE_HZ 1000
#define configTICK_TYPE_WIDTH_IN_BITS TICK_TYPE_WIDTH_32_BITS
#define configUSE_PREEMPTION 1
#define configUSE_TIME_SLICING 1
#define configMAX_PRIORITIES 5
#define configMINIMAL_STACK_SIZE 128 /* words, of the idle task */
#define configMAX_TASK_NAME_LEN 12

#define configSUPPORT_STATIC_ALLOCATION 1
#define configSUPPORT_DYNAMIC_ALLOCATION 0
#define configKERNEL_PROVIDED_STATIC_MEMORY 1

#define configUSE_MUTEXES 1
#define configUSE_TIMERS 0
#define configUSE_IDLE_HOOK 0
#define configUSE_TICK_HOOK 0
#define configCHECK_FOR_STACK_OVERFLOW 2
#define INCLUDE_uxTaskGetStackHighWaterMark 1
#define INCLUDE_vTaskDelay 1
#define INCLUDE_xTaskDelayUntil 1

#ifdef __cplusplus
extern "C"
#endif
    void
    failed_assertion(const char* file, int line);
#define configASSERT(x) \
  do {                  \
    if (!(x)) failed_assertion(__FILE__, __LINE__); \
  } while (0)

#define configPRIO_BITS 3
#define configKERNEL_INTERRUPT_PRIORITY (7 << (8 - configPRIO_BITS))
#define configMAX_SYSCALL_INTERRUPT_PRIORITY (2 << (8 - configPRIO_BITS))
#define vPortSVCHandler SVC_Handler
#define xPortPendSVHandler PendSV_Handler
#define xPortSysTickHandler SysTick_Handler
