//! What hostile input may spend: spent before each step, never exceeded.

use crate::SanitizeError;

/// Limits of one item, counted down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes that may still be written.
    pub output_bytes: u64,
    /// Bytes of text that one body may have.
    pub text_bytes: u64,
    /// Bytes of HTML that are still converted with layout; more falls back to tag stripping.
    pub html_bytes: u64,
    /// Samples of pictures that may still be decoded.
    pub samples: u64,
}

impl Budget {
    /// A budget that no ordinary input reaches, for tests and tools.
    #[must_use]
    pub const fn generous() -> Self {
        Self {
            output_bytes: 64 * 1024 * 1024,
            text_bytes: 2 * 1024 * 1024,
            html_bytes: 2 * 1024 * 1024,
            samples: u64::MAX,
        }
    }

    /// Spends `length` bytes of output.
    ///
    /// # Errors
    /// [`SanitizeError::LimitReached`] if fewer are left; nothing is spent then.
    pub fn spend_output(&mut self, length: usize) -> Result<(), SanitizeError> {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        self.output_bytes =
            self.output_bytes.checked_sub(length).ok_or(SanitizeError::LimitReached { what: "output" })?;
        Ok(())
    }

    /// Spends `samples` of pictures.
    ///
    /// # Errors
    /// [`SanitizeError::LimitReached`] if fewer are left; nothing is spent then.
    pub fn spend_samples(&mut self, samples: u64) -> Result<(), SanitizeError> {
        self.samples = self.samples.checked_sub(samples).ok_or(SanitizeError::LimitReached { what: "picture size" })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_and_never_exceeded() {
        let mut budget = Budget { output_bytes: 10, ..Budget::generous() };
        assert_eq!(budget.spend_output(10), Ok(()));
        assert_eq!(budget.spend_output(1), Err(SanitizeError::LimitReached { what: "output" }));
        assert_eq!(budget.spend_output(0), Ok(()));
        let mut budget = Budget { samples: 5, ..budget };
        assert_eq!(budget.spend_samples(5), Ok(()));
        assert_eq!(budget.spend_samples(1), Err(SanitizeError::LimitReached { what: "picture size" }));
    }
}
