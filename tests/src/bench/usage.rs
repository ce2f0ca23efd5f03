//! What processes use: CPU and memory, as the kernel of the machine counts them (Linux).

use std::{fs, time::Duration};

/// Ticks a second in the files of `/proc`: fixed for every program that reads them.
const TICKS: u64 = 100;

/// CPU time of a process so far, with that of its threads; zero where it cannot be read.
pub fn cpu(pid: u32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    ticks(&text).map_or(Duration::ZERO, |n| Duration::from_millis(n * 1000 / TICKS))
}

/// User and system ticks of a line of `/proc/PID/stat`. The name before them may hold spaces.
fn ticks(stat: &str) -> Option<u64> {
    let rest: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let at = |n: usize| rest.get(n)?.parse::<u64>().ok();
    Some(at(11)? + at(12)?)
}

/// CPU time of a process and of those it has started that still run.
pub fn cpu_of_family(pid: u32) -> Duration {
    children(pid).into_iter().map(cpu).sum::<Duration>() + cpu(pid)
}

/// The processes that one has started.
fn children(pid: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|child| {
            let text = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            let rest = text.rsplit(')').next().unwrap_or_default();
            rest.split_whitespace().nth(1) == Some(pid.to_string().as_str())
        })
        .collect()
}

/// Resident memory of a process in MiB: now, or (`peak`) the most it ever had.
pub fn memory(pid: u32, peak: bool) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let key = if peak { "VmHWM:" } else { "VmRSS:" };
    let line = text.lines().find(|line| line.starts_with(key))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_behind_a_name_with_spaces() {
        let stat = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0";
        assert_eq!(ticks(stat), Some(200));
    }

    #[test]
    fn this_process_has_memory() {
        let pid = std::process::id();
        assert!(memory(pid, false).is_some_and(|mib| mib > 1.0));
        assert!(memory(pid, true) >= memory(pid, false));
    }
}
