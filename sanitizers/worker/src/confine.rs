//! The confinement of this process: no files, no sockets, no programs, no threads, bounded memory and time.
//!
//! Refuses: to go on with less. Every layer holds alone: Landlock denies what the kernel can name, seccomp ends the
//! process at any system call that is not listed, limits bound the rest. Invariant: after [`confine`] returned `Ok`
//! this process can read descriptor 0, write descriptors 1 and 2, use its memory, and end.

use std::collections::BTreeMap;
use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// What this process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes of address space.
    pub memory_bytes: u64,
    /// Seconds of processor time.
    pub cpu_seconds: u64,
}

/// A layer that does not hold. The process must end without reading anything.
#[derive(Debug, thiserror::Error)]
pub enum Unconfined {
    /// Other processes of the same user could read this one's memory.
    #[error("the process cannot be closed to debuggers: {0}")]
    Dumpable(io::Error),
    /// The kernel has no Landlock, or refused the rule set.
    #[error("landlock (needs Linux 5.13 with landlock in its list of security modules): {0}")]
    Landlock(#[from] RulesetError),
    /// Landlock took the rule set without enforcing it.
    #[error("landlock does not enforce the rules, or privileges could be gained anew")]
    NotEnforced,
    /// A resource limit was refused.
    #[error("the limit on {0} cannot be set: {1}")]
    Limit(&'static str, io::Error),
    /// The list of system calls was refused.
    #[error("seccomp: {0}")]
    Seccomp(#[from] seccompiler::Error),
}

impl From<seccompiler::BackendError> for Unconfined {
    fn from(error: seccompiler::BackendError) -> Self {
        Self::Seccomp(error.into())
    }
}

/// Confines this process, for good. It must have one thread: the list of system calls binds the calling thread and
/// whatever it starts, which is nothing.
///
/// # Errors
/// [`Unconfined`]: the first layer that does not hold.
pub fn confine(allowance: Allowance) -> Result<(), Unconfined> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| Unconfined::Dumpable(error.into()))?;
    // The rule set needs a descriptor while it is made; afterwards none can be opened at all.
    deny_files()?;
    limit_resources(allowance)?;
    allow_listed_calls()
}

/// Landlock: everything handled, nothing allowed. The file rights of its first version are required; those that newer
/// kernels add (truncating, device controls, TCP, abstract sockets, signals) are taken where there are any. Seccomp
/// has none of the calls they are about.
///
/// # Errors
/// [`Unconfined::Landlock`], [`Unconfined::NotEnforced`].
pub fn deny_files() -> Result<(), Unconfined> {
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V7))?
        .handle_access(AccessNet::from_all(ABI::V7))?
        .scope(Scope::from_all(ABI::V7))?
        .create()?
        .restrict_self()?;
    if status.ruleset == RulesetStatus::NotEnforced || !status.no_new_privs {
        return Err(Unconfined::NotEnforced);
    }
    Ok(())
}

/// Memory, processor time, and none of what else a process could use up.
///
/// # Errors
/// [`Unconfined::Limit`].
pub fn limit_resources(allowance: Allowance) -> Result<(), Unconfined> {
    let limit = |name, resource, current, maximum| {
        setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) })
            .map_err(|error| Unconfined::Limit(name, error.into()))
    };
    limit("address space", Resource::As, allowance.memory_bytes, allowance.memory_bytes)?;
    // SIGXCPU tells the gateway that time ran out; SIGKILL follows a second later.
    limit("processor time", Resource::Cpu, allowance.cpu_seconds, allowance.cpu_seconds.saturating_add(1))?;
    limit("files written", Resource::Fsize, 0, 0)?;
    limit("descriptors", Resource::Nofile, 0, 0)?;
    limit("processes", Resource::Nproc, 0, 0)?;
    limit("core dumps", Resource::Core, 0, 0)
}

/// Seccomp: any system call that is not listed ends the process.
///
/// # Errors
/// [`Unconfined::Seccomp`].
pub fn allow_listed_calls() -> Result<(), Unconfined> {
    Ok(seccompiler::apply_filter(&listed_calls()?)?)
}

/// The system calls of a process that computes.
fn listed_calls() -> Result<BpfProgram, Unconfined> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = [
        // The allocator.
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        // Locks of the standard library, seeds of its maps and of the allocator.
        libc::SYS_futex,
        libc::SYS_getrandom,
        // Reporting a stack overflow, and aborting.
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ]
    .map(|call| (call, Vec::new()))
    .into();

    // Only the three pipes, whatever else may have been inherited.
    rules.insert(libc::SYS_read, vec![rule([equal(0, 0)?])?]);
    rules.insert(libc::SYS_write, vec![rule([equal(0, 1)?])?, rule([equal(0, 2)?])?]);
    // Memory that belongs to no file and never runs.
    rules.insert(
        libc::SYS_mmap,
        vec![rule([
            masked(2, flag(libc::PROT_EXEC), 0)?,
            masked(3, flag(libc::MAP_ANONYMOUS), flag(libc::MAP_ANONYMOUS))?,
        ])?],
    );
    rules.insert(libc::SYS_mprotect, vec![rule([masked(2, flag(libc::PROT_EXEC), 0)?])?]);
    // `abort`, and no other signal to no other process.
    rules.insert(
        libc::SYS_tgkill,
        vec![rule([equal(0, u64::from(std::process::id()))?, equal(2, flag(libc::SIGABRT))?])?],
    );

    let architecture = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, architecture)?;
    Ok(filter.try_into()?)
}

fn rule<const N: usize>(conditions: [SeccompCondition; N]) -> Result<SeccompRule, Unconfined> {
    Ok(SeccompRule::new(conditions.into())?)
}

fn equal(argument: u8, value: u64) -> Result<SeccompCondition, Unconfined> {
    Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)?)
}

fn masked(argument: u8, mask: u64, value: u64) -> Result<SeccompCondition, Unconfined> {
    Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), value)?)
}

/// The constants of the C library are signed; none of those used here is negative.
const fn flag(value: libc::c_int) -> u64 {
    value.unsigned_abs() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_system_calls_compiles_to_a_short_program() {
        let length = listed_calls().unwrap().len();
        assert!((40..200).contains(&length), "{length} instructions");
    }
}
