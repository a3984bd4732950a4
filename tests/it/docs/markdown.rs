//! As much Markdown as our own pages use: headings, fenced blocks, code spans, links, tables.

/// A fenced block: the word behind the fence, and the lines inside.
pub(super) struct Block<'t> {
    pub(super) language: &'t str,
    pub(super) lines: Vec<&'t str>,
}

/// A page taken apart.
#[derive(Default)]
pub(super) struct Outline<'t> {
    pub(super) headings: Vec<(usize, &'t str)>,
    pub(super) blocks: Vec<Block<'t>>,
    /// Lines that are neither headings nor in a block.
    pub(super) prose: Vec<&'t str>,
}

impl<'t> Outline<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let mut outline = Self::default();
        let mut open: Option<Block<'t>> = None;
        for line in text.lines() {
            let fence = line.trim_start().strip_prefix("```");
            match (open.take(), fence) {
                (None, Some(language)) => open = Some(Block { language: language.trim(), lines: Vec::new() }),
                (Some(block), Some(_)) => outline.blocks.push(block),
                (Some(mut block), None) => {
                    block.lines.push(line);
                    open = Some(block);
                }
                (None, None) => outline.take_line(line),
            }
        }
        assert!(open.is_none(), "a fenced block is not closed");
        outline
    }

    fn take_line(&mut self, line: &'t str) {
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        match line.get(level..).and_then(|rest| rest.strip_prefix(' ')) {
            Some(heading) if level > 0 => self.headings.push((level, heading)),
            _ => self.prose.push(line),
        }
    }

    /// The code spans of headings and prose.
    pub(super) fn spans(&self) -> impl Iterator<Item = &'t str> {
        let headings = self.headings.iter().map(|(_, heading)| *heading);
        headings.chain(self.prose.iter().copied()).flat_map(spans)
    }

    /// The targets of inline links.
    pub(super) fn links(&self) -> impl Iterator<Item = &'t str> {
        self.prose.iter().flat_map(|line| line.split("](").skip(1)).filter_map(|rest| rest.split(')').next())
    }
}

/// What stands between single backquotes on one line.
pub(super) fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The commands of a line of shell: without prompt, comment, pipes, `sudo` and redirections.
pub(super) fn commands(line: &str) -> impl Iterator<Item = Vec<String>> {
    let line = line.split(" #").next().unwrap_or_default();
    line.split(['|', ';']).flat_map(|piece| piece.split("&&")).filter_map(command)
}

/// The words behind `temizu`, if that is what a piece of shell runs.
fn command(piece: &str) -> Option<Vec<String>> {
    let is_ours = |word: &String| word == "temizu" || word.ends_with("/temizu");
    let mut words = words(piece).into_iter().skip_while(|word| word.contains('=')).peekable();
    if words.next_if(|word| word == "sudo").is_some() && words.next_if(|word| word == "-u").is_some() {
        words.next();
    }
    words.next().filter(is_ours)?;
    Some(words.take_while(|word| !word.starts_with(['>', '<', '&']) && !word.starts_with("2>")).collect())
}

/// Words as a shell parts them; quotes group.
fn words(piece: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in piece.chars().chain([' ']) {
        match quote {
            Some(end) if c == end => quote = None,
            Some(_) => word.push(c),
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            None => word.push(c),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn the_commands_of_a_line_are_found() {
        for (line, found) in [
            ("temizu check --strict", "check --strict"),
            ("sudo -u temizu temizu queue list --json | jq . # all", "queue list --json"),
            ("LANG=C target/release/temizu explain 'a b.eml' > out && temizu check", "explain a b.eml, check"),
            ("install target/release/temizu /usr/bin/; systemctl stop temizu", ""),
        ] {
            let lines: Vec<String> = commands(line).map(|words| words.join(" ")).collect();
            assert_eq!(lines.join(", "), found, "{line}");
        }
    }
}
