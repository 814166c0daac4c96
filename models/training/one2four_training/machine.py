"""What a training process takes of its machine: memory, and a GPU where there is one."""

import ctypes
import os
import platform
import re
from pathlib import Path

import torch

# Of glibc's mallopt: keeps freed memory up to 2 GiB, fetches 256 MiB at once, maps no array by itself.
MALLOC_OPTIONS = {-1: 2**31 - 1, -2: 2**28, -4: 0}


def keep_memory() -> None:
    """Lets the process keep what it frees. By default each large array goes back to the system, and the next
    one comes from there page by page, which takes a fifth of a step of Remix."""
    if platform.libc_ver()[0] == "glibc":
        for option, value in MALLOC_OPTIONS.items():
            ctypes.CDLL(None).mallopt(option, value)


def device_of(net: torch.nn.Module, wanted: str | None) -> torch.device:
    """Where a network is trained: on a GPU where there is one, each process on its own; unless it is so small
    that a processor is as fast, or another is `wanted`."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise SystemExit(
            "there is no GPU that PyTorch could use: leave --device out, or install PyTorch for it"
        )
    is_small = getattr(net, "small", False)
    if wanted == "cuda" and is_small:
        raise SystemExit("this network is trained on the processor only: leave --device out")
    if wanted == "cpu" or is_small or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)) % torch.cuda.device_count())


def half_precision(wanted: bool) -> torch.autocast:
    """bfloat16, about twice as fast as float32, on a processor that has it: on others (x86 without AVX-512)
    oneDNN refuses LSTMs of it. Not for GPUs, where autocast makes LSTMs float16, whatever is asked."""
    has_it = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast("cpu", torch.bfloat16, enabled=wanted and has_it)


def memory_mb() -> int:
    """What this process holds itself, without the files that it maps; elsewhere than in Linux, the most that
    it has had with them."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"RssAnon:\s*(\d+) kB", status)[1]) // 1024
    except (OSError, TypeError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 2**20 if platform.system() == "Darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
