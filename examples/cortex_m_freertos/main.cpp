// SPDX-License-Identifier: BSL-1.0
// An assistant under FreeRTOS: one task answers, one learns while nobody asks, a third does the product's work each
// millisecond. What was learned is kept in flash, and there after a restart.
// Refuses two tasks inside one pipeline: a mutex is theirs for a token, or for a step of learning, and for no more.
#include <FreeRTOS.h>
#include <queue.h>
#include <semphr.h>
#include <task.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <mote/boards/mps2_an500.hpp>
#include <mote/mote.hpp>
#include <mote/store/two_sectors.hpp>

#include "hearth.hpp"
#include "semihosting.hpp"
#include "startup.hpp"

namespace {

using assistant = mote::pipeline<hearth, mote::quantize<8>, mote::lora<4>, mote::rag<mote::bm25<>>, mote::context<160>,
                                 mote::fit<mote::boards::mps2_an500, mote::fit_knobs{.code_bytes = 80 * 1024}>>;
MOTE_EMBED_IMAGE(image, IMAGE, assistant::image_bytes);
assistant ai;

// ---- flash: two sectors at a fixed address. Here it is the board's PSRAM, which a reset leaves alone.
struct board_flash {
  static constexpr std::size_t page_bytes = 32;  // as an STM32H7 programs
  static constexpr std::size_t sector_bytes = std::size_t{128} * 1024;

  static std::byte* at(std::size_t which) {
    return reinterpret_cast<std::byte*>(std::uintptr_t{0x60000000} + which * sector_bytes);
  }
  mote::status erase(std::size_t which) {
    for (std::size_t i = 0; i < sector_bytes; ++i) at(which)[i] = std::byte{0xFF};
    return mote::status::ok;
  }
  mote::status program(std::size_t which, std::size_t from, std::span<const std::byte> page) {
    for (std::size_t i = 0; i < page.size(); ++i) at(which)[from + i] &= page[i];
    return mote::status::ok;
  }
  std::span<const std::byte> sector(std::size_t which) const { return {at(which), sector_bytes}; }
};
board_flash flash;

// ---- tasks. Their stacks are proved when the program is linked: mote_check_stack() in CMakeLists.txt.
template <std::size_t Words>
struct task {
  std::array<StackType_t, Words> stack;
  StaticTask_t control;
  TaskHandle_t handle;

  void start(const char* name, UBaseType_t priority, TaskFunction_t run) {
    handle = xTaskCreateStatic(run, name, Words, nullptr, priority, stack.data(), &control);
  }
  void say(const char* name) const {
    semihosting::print(name);
    semihosting::print(" ");
    semihosting::print((Words - uxTaskGetStackHighWaterMark(handle)) * sizeof(StackType_t));
    semihosting::print(" of ");
    semihosting::print(Words * sizeof(StackType_t));
    semihosting::print("\n");
  }
};
task<ANSWER_STACK / sizeof(StackType_t)> answers;
task<LEARN_STACK / sizeof(StackType_t)> learns;
task<128> measures;
task<TALK_STACK / sizeof(StackType_t)> talks;

template <class T>
struct channel {  // a queue of one
  StaticQueue_t control;
  std::array<std::uint8_t, sizeof(T)> bytes;
  QueueHandle_t handle;

  void start() { handle = xQueueCreateStatic(1, sizeof(T), bytes.data(), &control); }
  void send(const T& value) { xQueueSend(handle, &value, portMAX_DELAY); }
  T receive() {
    T value;
    xQueueReceive(handle, &value, portMAX_DELAY);
    return value;
  }
};
channel<std::string_view> questions;
channel<bool> answered;
channel<mote::example> lessons;
channel<std::uint32_t> steps_done;                     // after each step of learning
constexpr std::uint32_t all_kept = ~0U, not_kept = 0;  // after the last: what was learned is in flash, or is not

StaticSemaphore_t turn_control;
SemaphoreHandle_t turn;  // of who is inside the pipeline
struct my_turn {
  my_turn() { xSemaphoreTake(turn, portMAX_DELAY); }
  ~my_turn() { xSemaphoreGive(turn); }
  my_turn(const my_turn&) = delete;
  my_turn& operator=(const my_turn&) = delete;
};

void answer(void*) {
  for (;;) {
    const std::string_view question = questions.receive();
    mote::status s = mote::status::ok;
    {
      // begin() to the last step() is one answer: learning would change its cache.
      const my_turn mine;
      s = ai.begin(question, 24);
      for (bool done = s != mote::status::ok; !done;) {
        const mote::progress_step token = ai.step();
        semihosting::print(token.piece);
        done = token.done;
      }
    }
    if (s != mote::status::ok) semihosting::print(name(s));
    semihosting::print("\n");
    answered.send(s == mote::status::ok);
  }
}

void learn(void*) {
  mote::two_sectors<board_flash> kept(flash);
  for (;;) {
    const mote::example lesson = lessons.receive();
    (void)ai.learning().rate(0.01F);
    for (std::uint32_t step = 1; step <= 8; ++step) {
      {
        const my_turn mine;
        (void)ai.learn(lesson);
      }
      steps_done.send(step);
    }
    const my_turn mine;
    const mote::status s = kept.save(ai);
    semihosting::print("kept: ");
    semihosting::print(name(s));
    semihosting::print("\n");
    steps_done.send(s == mote::status::ok ? all_kept : not_kept);
  }
}

/// The product: a filter of a sensor, each millisecond. It takes the processor from the model between any two instructions, and
/// both must find their floating-point registers as they were.
std::uint32_t measured = 0;
bool measured_right = true;
void measure(void*) {
  TickType_t last = xTaskGetTickCount();
  float low = 0.0F, expected = 0.0F;
  for (;;) {
    xTaskDelayUntil(&last, 1);
    low = low * 0.5F + 1.0F;
    expected = measured == 0 ? 1.0F : expected + (2.0F - expected) / 2.0F;
    if (low < expected || low > expected) measured_right = false;
    ++measured;
  }
}

bool ask(std::string_view question) {
  semihosting::print("> ");
  semihosting::print(question);
  semihosting::print("\n");
  questions.send(question);
  return answered.receive();
}

void report() {
  answers.say("stack of the task that answers:");
  learns.say("stack of the task that learns:");
  talks.say("stack of the task that attaches and loads:");
  semihosting::print("stack of interrupts: ");
  semihosting::print(firmware::stack_high_water());
  semihosting::print(" of ");
  semihosting::print(firmware::stack_bytes());
  semihosting::print("\n");
}

[[noreturn]] void restart() {
  __asm__ volatile("dsb" ::: "memory");
  *reinterpret_cast<volatile std::uint32_t*>(std::uintptr_t{0xE000ED0C}) = 0x05FA0004U;  // AIRCR: SYSRESETREQ
  for (;;) {
  }
}

constexpr std::string_view command = "movie night", boiler = "What is the boiler's code?";

void talk(void*) {
  mote::two_sectors<board_flash> kept(flash);
  bool good = ai.attach(image) == mote::status::ok;
  const mote::status before = good ? kept.load(ai) : mote::status::not_attached;
  semihosting::print("from flash: ");
  semihosting::print(name(before));
  semihosting::print("\n");
  if (before != mote::status::ok) {
    good = ask(command) && ask(boiler) && ai.remember("The boiler's service code is 7731.") == mote::status::ok && good;
    lessons.send({.prompt = command, .answer = "{\"scene\":\"cinema\"}"});
    for (std::uint32_t step = 1; good && step != all_kept; good = good && step != not_kept) {
      step = steps_done.receive();
      if (step == 2) good = ask(boiler);  // it need not wait for the lesson's end
    }
    if (good) {
      report();
      semihosting::print("restart\n");
      restart();
    }
  } else {
    good = ask(command) && ask(boiler);
    report();
  }
  if (measured < 100 || !measured_right) good = false;
  semihosting::print(good ? "done\n" : "FAILED\n");
  semihosting::exit(good ? 0 : 1);
}

}  // namespace

extern "C" void failed_assertion(const char* file, int line) {
  semihosting::print(file);
  semihosting::print(":");
  semihosting::print(line);
  semihosting::print(": an assertion of FreeRTOS failed\n");
  semihosting::exit(firmware::exit_after_fault);
}
extern "C" void vApplicationStackOverflowHook(TaskHandle_t, char* name) {
  semihosting::print("stack overflow: ");
  semihosting::print(name);
  semihosting::print("\n");
  semihosting::exit(firmware::exit_after_fault);
}

int main() {
  semihosting::print("FreeRTOS " tskKERNEL_VERSION_NUMBER "\n");
  turn = xSemaphoreCreateMutexStatic(&turn_control);
  questions.start();
  answered.start();
  lessons.start();
  steps_done.start();
  learns.start("learns", 1, learn);
  answers.start("answers", 2, answer);
  talks.start("talks", 3, talk);
  measures.start("measures", 4, measure);
  vTaskStartScheduler();
  return 1;
}
