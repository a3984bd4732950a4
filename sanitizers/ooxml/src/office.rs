//! One document, rebuilt: opened, walked, written, read again.
//!
//! Refuses: packages of another format, and output that does not come out the same when it is sanitized again.
//! Invariant: what is returned was read by the strict reader and is its own fixed point.

use sanitizer_api::{Assurance, Budget, Code, Hints, Rebuilt, SanitizeError, Sanitizer, Watch};

use crate::opc::Format;
use crate::opc::before::{Before, Members};
use crate::opc::emit::emit;
use crate::opc::package::Package;
use crate::opc::walk::rebuild;
use crate::pictures::{Gallery, Pictures};
use crate::report::Report;
use crate::zip::pack;

/// How often the output may still change when it is sanitized again.
const MAX_ROUNDS: usize = 8;

/// The sanitizer of one format of Office Open XML.
pub struct Office {
    format: &'static Format,
    pictures: Option<&'static dyn Pictures>,
}

impl Office {
    pub(crate) const fn new(format: &'static Format, pictures: Option<&'static dyn Pictures>) -> Self {
        Self { format, pictures }
    }

    /// One walk; members that are as they were in `before` are taken from there.
    fn once(
        &self,
        input: &[u8],
        before: &mut Before,
        gallery: &mut Gallery,
        report: &mut Report,
        watch: Watch<'_>,
    ) -> Result<Members, SanitizeError> {
        let mut package = Package::open(input)?;
        if package.has_surplus() {
            report.add(Code::TrailingDataRemoved);
        }
        let rebuilt = rebuild(&mut package, self.format, before, gallery, report, watch)?;
        emit(rebuilt, before)
    }
}

impl Sanitizer for Office {
    fn name(&self) -> &'static str {
        self.format.name
    }

    fn version(&self) -> u32 {
        self.format.version
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let mut report = Report::default();
        let mut gallery = Gallery::new(self.pictures, *budget, input.len());
        let mut members = self.once(input, &mut Before::default(), &mut gallery, &mut report, hints.watch)?;
        let mut bytes = pack(&members, &mut budget.clone())?;
        let mut is_stable = false;
        for _ in 0..MAX_ROUNDS {
            let mut before = Before::new(members);
            let mut later = Report::default();
            // It is read again to be sure; that is told to nobody.
            members = self.once(&bytes, &mut before, &mut gallery, &mut later, Watch::default())?;
            is_stable = before.is_all_there();
            if is_stable {
                break;
            }
            // What goes only when it is read again was there when it was read first.
            report.merge(later);
            bytes = pack(&members, &mut budget.clone())?;
        }
        if !is_stable {
            return Err(SanitizeError::Malformed { expected: self.format.name });
        }
        budget.spend_output(bytes.len())?;
        if bytes != input {
            report.add(Code::DocumentRebuilt);
        }
        let (findings, links, places) = report.finish();
        Ok(Rebuilt {
            bytes,
            media_type: self.format.media_type,
            assurance: Assurance::Rebuilt,
            findings,
            links,
            places,
        })
    }
}
