// SPDX-License-Identifier: BSL-1.0
// Lower-case and short names that C libraries and vendors' headers define as macros. A public header of mote uses none of
// them in a way that the macro changes; what mote includes itself (the standard library, xsimd) comes first here.
// Refuses names that replace a word of the language, or a function of the C library by its like.

// ---- BSD's words in newlib and glibc: <sys/types.h>, <sys/sysmacros.h>, <sys/param.h>, <complex.h>, GNU modes
#undef quad
#define quad quad_t
#undef major
#define major(dev) ((int)((dev) >> 8 & 0xff))
#undef minor
#define minor(dev) ((int)((dev) & 0xff))
#undef makedev
#define makedev(x, y) ((dev_t)((x) << 8 | (y)))
#undef unix
#define unix 1
#undef linux
#define linux 1
#undef I
#define I _Complex_I
#undef complex
#define complex _Complex
#undef roundup
#define roundup(x, y) ((((x) + ((y) - 1)) / (y)) * (y))
#undef howmany
#define howmany(x, y) (((x) + ((y) - 1)) / (y))
#undef powerof2
#define powerof2(x) ((((x) - 1) & (x)) == 0)
#undef setbit
#define setbit(a, i) ((a)[(i) / 8] |= 1 << (i) % 8)
#undef clrbit
#define clrbit(a, i) ((a)[(i) / 8] &= ~(1 << (i) % 8))
#undef isset
#define isset(a, i) ((a)[(i) / 8] & (1 << (i) % 8))
#undef st_atime
#define st_atime st_atim.tv_sec

// ---- speeds of <termios.h>, Arduino's binary.h
#undef B0
#define B0 0
#undef B1
#define B1 1
#undef B00
#define B00 0
#undef B10
#define B10 2
#undef B50
#define B50 50

// ---- Arduino
#undef min
#define min(a, b) ((a) < (b) ? (a) : (b))
#undef max
#define max(a, b) ((a) > (b) ? (a) : (b))
#undef abs
#define abs(x) ((x) > 0 ? (x) : -(x))
#undef round
#define round(x) ((x) >= 0 ? (long)((x) + 0.5) : (long)((x) - 0.5))
#undef constrain
#define constrain(amt, low, high) ((amt) < (low) ? (low) : ((amt) > (high) ? (high) : (amt)))
#undef radians
#define radians(deg) ((deg) * 0.0174)
#undef degrees
#define degrees(rad) ((rad) * 57.29)
#undef sq
#define sq(x) ((x) * (x))
#undef bit
#define bit(b) (1UL << (b))
#undef word
#define word(...) makeWord(__VA_ARGS__)
#undef lowByte
#define lowByte(w) ((unsigned char)((w) & 0xff))
#undef highByte
#define highByte(w) ((unsigned char)((w) >> 8))
#undef interrupts
#define interrupts() sei()
#undef noInterrupts
#define noInterrupts() cli()
#undef F
#define F(string_literal) (reinterpret_cast<const __FlashStringHelper*>(PSTR(string_literal)))
#undef PI
#define PI 3.14
#undef EULER
#define EULER 2.71
#undef HIGH
#define HIGH 0x1
#undef LOW
#define LOW 0x0
#undef INPUT
#define INPUT 0x0
#undef OUTPUT
#define OUTPUT 0x1
#undef DEFAULT
#define DEFAULT 1
#undef INTERNAL
#define INTERNAL 3
#undef SERIAL
#define SERIAL 0x0
#undef DISPLAY
#define DISPLAY 0x1
#undef A0
#define A0 14

// ---- CMSIS and ST
#undef __I
#define __I volatile const
#undef __O
#define __O volatile
#undef __IO
#define __IO volatile
#undef BIT
#define BIT(n) (1UL << (n))
#undef UNUSED
#define UNUSED(x) ((void)(x))
#undef ENABLE
#define ENABLE 1
#undef DISABLE
#define DISABLE 0
#undef SUCCESS
#define SUCCESS 0
#undef FLASH
#define FLASH ((void*)0x52002000)
#undef RAM
#define RAM ((void*)0x20000000)
#undef RNG
#define RNG ((void*)0x48021800)
#undef CRC
#define CRC ((void*)0x58024C00)
#undef DSP
#define DSP 1
#undef FPU
#define FPU ((void*)0xE000EF34)
#undef I2S
#define I2S 1

// ---- Zephyr, ESP-IDF, Linux
#undef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#undef MIN
#define MIN(a, b) (((a) < (b)) ? (a) : (b))
#undef MAX
#define MAX(a, b) (((a) > (b)) ? (a) : (b))
#undef CLAMP
#define CLAMP(v, low, high) (((v) <= (low)) ? (low) : MIN(v, high))
#undef clamp
#define clamp(v, low, high) CLAMP(v, low, high)
#undef CONFIG_MOTE
#define CONFIG_MOTE 1
#undef CONFIG_FPU
#define CONFIG_FPU 1
#undef KB
#define KB(x) ((x) << 10)
#undef MB
#define MB(x) (KB(x) << 10)
#undef KHZ
#define KHZ(x) ((x) * 1000)
#undef MHZ
#define MHZ(x) (KHZ(x) * 1000)
#undef ROUND_UP
#define ROUND_UP(x, align) ((((x) + (align) - 1) / (align)) * (align))
#undef STRINGIFY
#define STRINGIFY(s) #s
#undef CONCAT
#define CONCAT(a, b) a##b
#undef likely
#define likely(x) __builtin_expect((x), 1)
#undef unlikely
#define unlikely(x) __builtin_expect((x), 0)
#undef container_of
#define container_of(ptr, type, field) ((type*)(ptr))
#undef curve
#define curve (*curve_ptr)

// ---- files and sockets of lwIP under their POSIX names
#if !defined(__linux__) && !defined(__APPLE__)
#undef accept
#define accept(s, addr, addrlen) lwip_accept(s, addr, addrlen)
#undef bind
#define bind(s, name, namelen) lwip_bind(s, name, namelen)
#undef close
#define close(s) lwip_close(s)
#undef connect
#define connect(s, name, namelen) lwip_connect(s, name, namelen)
#undef listen
#define listen(s, backlog) lwip_listen(s, backlog)
#undef poll
#define poll(fds, nfds, timeout) lwip_poll(fds, nfds, timeout)
#undef recv
#define recv(s, mem, len, flags) lwip_recv(s, mem, len, flags)
#undef select
#define select(maxfdp1, readset, writeset, exceptset, timeout) \
  lwip_select(maxfdp1, readset, writeset, exceptset, timeout)
#undef send
#define send(s, dataptr, size, flags) lwip_send(s, dataptr, size, flags)
#undef shutdown
#define shutdown(s, how) lwip_shutdown(s, how)
#undef socket
#define socket(domain, type, protocol) lwip_socket(domain, type, protocol)
#undef read
#define read(s, mem, len) lwip_read(s, mem, len)
#undef write
#define write(s, dataptr, len) lwip_write(s, dataptr, len)
#endif

// ---- Windows and old PC compilers
#undef near
#define near
#undef far
#define far
#undef small
#define small char
#undef hyper
#define hyper __int64
#undef interface
#define interface struct
#undef pascal
#define pascal
#undef cdecl
#define cdecl
#undef ERROR
#define ERROR 0
#undef NO_ERROR
#define NO_ERROR 0
#undef IN
#define IN
#undef OUT
#define OUT
#undef OPTIONAL
#define OPTIONAL
#undef CONST
#define CONST const
#undef VOID
#define VOID void
#undef TRUE
#define TRUE 1
#undef FALSE
#define FALSE 0
#undef NULL_
#define NULL_ 0
#undef GetObject
#define GetObject GetObjectA
#undef DELETE
#define DELETE 0x10000

// ---- terminals (<term.h>), X11, gettext, tracing
#undef columns
#define columns CUR Numbers[0]
#undef lines
#define lines CUR Numbers[2]
#undef bell
#define bell CUR Strings[1]
#undef Bool
#define Bool int
#undef Status
#define Status int
#undef None
#define None 0L
#undef True
#define True 1
#undef False
#define False 0
#undef Success
#define Success 0
#undef _
#define _(text) gettext(text)
#undef LOG
#define LOG(x) trace(x)
#undef CHECK
#define CHECK(x) check(x)
#undef ASSERT
#define ASSERT(x) assert(x)
#undef DEBUG
#define DEBUG 1
#undef INFO
#define INFO 2
