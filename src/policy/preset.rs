//! The rules that come with Temizu, one set per network model of the national guideline (αモデル, α′モデル, βモデル).

/// A set of rules inside the binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// The text of its file.
    pub text: &'static str,
}

/// αモデル: staff terminals on the LGWAN side. In force when no rule file is configured.
pub(super) const ALPHA: Preset = Preset { name: "alpha", text: include_str!("../../config/rules/alpha.toml") };

/// All presets.
pub const PRESETS: &[Preset] = &[
    ALPHA,
    Preset { name: "alpha-prime", text: include_str!("../../config/rules/alpha-prime.toml") },
    Preset { name: "beta", text: include_str!("../../config/rules/beta.toml") },
];

impl Preset {
    /// As [`super::RuleSet::parse`] takes it; the name tells that there is no such file on disk.
    #[must_use]
    pub fn source(&self) -> (String, String) {
        (format!("builtin:{}", self.name), self.text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::RuleSet;

    fn rules(preset: &Preset) -> RuleSet {
        RuleSet::parse(&[preset.source()]).unwrap()
    }

    #[test]
    fn every_preset_passes_its_own_tests_and_leaves_nothing_to_remark() {
        for preset in PRESETS {
            let (rules, today) = (rules(preset), jiff::civil::date(2026, 11, 23));
            assert_eq!(rules.remarks(today), [], "{}", preset.name);
            let failed: Vec<_> = rules.run_tests(today).into_iter().filter(|result| !result.passed).collect();
            assert_eq!(failed, [], "{}", preset.name);
        }
    }

    #[test]
    fn no_preset_delivers_anything_but_text_and_files_that_can_be_rebuilt() {
        for preset in PRESETS {
            for rule in rules(preset).rules() {
                let delivers = rule.code.is_none() && !rule.effect.is_about_mail();
                assert_eq!(
                    delivers,
                    ["R-001", "R-003", "R-040", "R-041", "R-042", "R-043", "R-044", "R-045", "R-046"]
                        .contains(&rule.name.as_str()),
                    "{} {}",
                    preset.name,
                    rule.name
                );
            }
        }
    }

    #[test]
    fn the_stricter_models_keep_every_rule_of_alpha() {
        let of_alpha = rules(&ALPHA);
        let (_, alpha) = of_alpha.canonical().split_once("[[rule]]").unwrap();
        for preset in PRESETS {
            assert!(rules(preset).canonical().ends_with(alpha), "{}", preset.name);
        }
    }

    #[test]
    fn without_rule_files_alpha_is_in_force() {
        assert_eq!(RuleSet::parse(&[]).unwrap().version(), rules(&ALPHA).version());
    }
}
