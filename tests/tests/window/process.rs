//! What this process takes of the machine.

use std::fs;

/// Memory that was asked for and not given back, in KiB: what the allocator keeps for later is no leak. Of
/// other allocators than glibc's what the process takes.
#[allow(unsafe_code)]
pub fn memory_kib() -> i64 {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: it only looks at the allocator's own lists, under its own lock.
        let info = unsafe { libc::mallinfo2() };
        ((info.uordblks + info.hblkhd) / 1024) as i64
    }
    #[cfg(not(target_env = "gnu"))]
    {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let mut lines = status.lines();
        let line = lines.find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

/// Threads and open files.
pub fn handles() -> [usize; 2] {
    ["/proc/self/task", "/proc/self/fd"].map(|dir| fs::read_dir(dir).unwrap().count())
}

/// Time on a processor so far, in seconds.
pub fn busy_s() -> f64 {
    const TICKS_PER_S: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap();
    let mut ticks = fields.split_whitespace().skip(11);
    let mut next = || ticks.next().unwrap().parse::<f64>().unwrap();
    (next() + next()) / TICKS_PER_S
}
