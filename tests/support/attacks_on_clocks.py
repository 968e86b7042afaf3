"""Programs that ignore, forge or flood timers and signals, set clocks, or leave a dump."""

from attack import CRASH, ERROR, OK, TIME, Attack, refused, tries

IGNORE = "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n"
CATCH = IGNORE.replace("signal.SIG_IGN", "lambda *_: None")

TIMERS = {
    "alarms ignored": Attack(IGNORE + "for k in (0, 1, 2): signal.setitimer(k, 0.01, 0.01)\nwhile True: pass", (TIME,)),
    "alarms caught": Attack(CATCH + "for k in (0, 1, 2): signal.setitimer(k, 0.001, 0.001)\nwhile True: pass", (TIME,)),
    "alarms blocked": Attack(
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nfor k in (0, 1, 2): signal.setitimer(k, 0.01, 0.01)\n"
        "while True: pass",
        (TIME,),
    ),
    "limit of the processor ignored": Attack(
        "import resource, signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n"
        "while True: pass",
        (TIME, CRASH),
    ),
    "alarm at the default": Attack("import signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\ntime.sleep(9)", (CRASH,)),
    "alarm that raises in the end": Attack(
        "import signal\ndef f(*_): raise KeyError\nsignal.signal(signal.SIGALRM, f)\nsignal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)\n"
        "while True: print(1)",
        (ERROR, CRASH),
    ),
    "flood of timers": Attack(
        "import ctypes\nl = ctypes.CDLL(None)\nx = (ctypes.c_char * 64)()\nn = 0\n"
        "while l.timer_create(1, 0, x) == 0 and n < 10**4: n += 1\n"
        "print('done')",
        (OK, TIME),
    ),
    "timer of the shortest period": Attack(
        CATCH + "import ctypes, struct\nl = ctypes.CDLL(None)\nx = ctypes.c_void_p()\nl.timer_create(1, 0, ctypes.byref(x))\n"
        "l.timer_settime(x, 0, struct.pack('4q', 0, 1, 0, 1), 0)\nwhile True: pass",
        (TIME,),
    ),
    "timer descriptors": Attack(
        "import ctypes, struct\nl = ctypes.CDLL(None)\nfor _ in range(50):\n    f = l.timerfd_create(1, 0)\n"
        "    l.timerfd_settime(f, 0, struct.pack('4q', 0, 1, 0, 1), 0)\nwhile True: pass",
        (TIME,),
    ),
    "signals to itself for ever": Attack(
        "import os, signal\nsignal.signal(signal.SIGUSR1, lambda *_: None)\nwhile True: os.kill(os.getpid(), signal.SIGUSR1)", (TIME,)
    ),
    "stops itself while a thread goes on": Attack(
        "import os, signal, threading\ndef f():\n    while True: pass\nthreading.Thread(target=f).start()\n"
        "os.kill(os.getpid(), signal.SIGSTOP)",
        (TIME,),
    ),
    "first thread ends, another goes on": Attack(
        "import ctypes, threading, time\ndef f(): time.sleep(99)\nthreading.Thread(target=f).start()\nctypes.PyDLL(None).syscall(60, 0)",
        (TIME,),
    ),
    "first thread ends, another spins": Attack(
        "import ctypes, threading\ndef f():\n    while True: pass\nthreading.Thread(target=f).start()\nctypes.CDLL(None).syscall(60, 0)",
        (TIME,),
    ),
    "many threads spin": Attack(
        "import threading\ndef f():\n    while True: sum(range(10**6))\nfor _ in range(20): threading.Thread(target=f).start()", (TIME,)
    ),
}
CLOCKS = {
    "set": tries(
        "import time; time.clock_settime(0, 0)\nimport time; time.clock_settime(1, 0)\nimport time; time.clock_settime(11, 0)\n"
        "import time; time.clock_settime(7, 0)"
    ),
    "set by number": refused("call(227, 0, 0); call(164, 0, 0); call(159, 0); call(305, 0, 0); call(38, 9, 0, 0)"),
    "of others": tries(
        "import time; time.clock_gettime((~1 << 3) | 2)\n"
        "import time; time.clock_gettime((~os.getppid() << 3) | 2 if os.getppid() > 1 else -99)"
    ),
    "shown as still": Attack(
        "import time, ctypes\nfor n in ('time', 'monotonic', 'perf_counter', 'process_time', 'clock_gettime', 'thread_time'):\n"
        "    setattr(time, n, lambda *_: 0)\nwhile True: pass",
        (TIME,),
    ),
    "slept against": Attack("import time\nwhile True:\n    try: time.sleep(10**9)\n    except BaseException: pass", (TIME,)),
}
DUMPS = {
    "abort with the limit raised": Attack(
        "import os, resource\nfor v in ((-1, -1), (1 << 30, 1 << 30), (1, 1)):\n"
        "    try: resource.setrlimit(resource.RLIMIT_CORE, v); print('ADMITTED', v)\n    except (OSError, ValueError): pass\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)\nos.abort()",
        (CRASH,),
        b"(0, 0)\n",
    ),
    "made dumpable": refused("call(157, 4, 1, 0, 0, 0); call(157, 3, 0, 0, 0, 0); call(157, 0x59616d61, -1, 0, 0, 0)"),
    "by every signal that dumps": Attack(
        "import os, signal\nfor s in (3, 4, 5, 6, 7, 8, 11, 24, 25, 31): signal.signal(s, signal.SIG_DFL)\nos.kill(os.getpid(), 31)",
        (CRASH,),
    ),
}
