//! What this process takes of the machine.

use std::fs;

/// Memory in use, in KiB.
pub fn resident_kib() -> i64 {
    give_back_free_memory();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let line = lines.find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// What the allocator keeps would take in a leak of some MiB without a trace.
#[allow(unsafe_code)]
fn give_back_free_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it has no preconditions.
    unsafe {
        libc::malloc_trim(0);
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
