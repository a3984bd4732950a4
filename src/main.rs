//! The command line of Temizu.

fn main() -> std::process::ExitCode {
    temizu::cli::main()
}
