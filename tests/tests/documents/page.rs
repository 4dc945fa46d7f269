//! A Markdown document, as far as the tests look at it: fenced blocks, links, inline code.

use std::fs;
use std::path::{Path, PathBuf};

use ftplab_tests::repository;

/// A document of the repository.
#[derive(Debug)]
pub(crate) struct Page {
    /// Relative to the root of the repository.
    pub(crate) path: PathBuf,
    pub(crate) lines: Vec<String>,
    pub(crate) blocks: Vec<Block>,
}

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    /// What an HTML comment on the line before it says.
    pub(crate) directive: Option<String>,
    /// What follows the opening fence: `sh`, `text`.
    pub(crate) language: String,
    /// Index of its first line, and of its closing fence.
    pub(crate) first: usize,
    pub(crate) end: usize,
}

impl Page {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(repository().join(path))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let lines: Vec<String> = text.lines().map(String::from).collect();
        let mut blocks = Vec::new();
        let mut opened: Option<usize> = None;
        for (index, line) in lines.iter().enumerate() {
            if !line.starts_with("```") {
                continue;
            }
            let Some(fence) = opened.take() else {
                opened = Some(index);
                continue;
            };
            let before = fence.checked_sub(1).map(|above| lines[above].trim());
            blocks.push(Block {
                directive: before.and_then(comment).map(String::from),
                language: lines[fence][3..].to_owned(),
                first: fence + 1,
                end: index,
            });
        }
        assert_eq!(opened, None, "{}: a block has no end", path.display());
        Self {
            path: path.to_owned(),
            lines,
            blocks,
        }
    }

    /// All documents: those at the root, and those in `docs/`.
    pub(crate) fn all() -> Vec<Self> {
        let mut paths: Vec<PathBuf> = fs::read_dir(repository().join("docs"))
            .unwrap()
            .map(|entry| Path::new("docs").join(entry.unwrap().file_name()))
            .filter(|path| path.extension().is_some_and(|end| end == "md"))
            .collect();
        paths.sort();
        ["README.md", "ARCHITECTURE.md"]
            .map(PathBuf::from)
            .into_iter()
            .chain(paths)
            .map(|path| Self::read(&path))
            .collect()
    }

    pub(crate) fn text(&self, block: &Block) -> String {
        self.lines[block.first..block.end].join("\n")
    }

    /// The path, for messages.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Where a block stands, for messages.
    pub(crate) fn place(&self, block: &Block) -> String {
        format!("{}:{}", self.name(), block.first)
    }

    /// Writes the document with other texts in some of its blocks, in order.
    pub(crate) fn rewrite(&self, texts: &[Option<String>]) {
        let mut lines = Vec::new();
        let mut taken = 0;
        for (block, text) in self.blocks.iter().zip(texts) {
            if let Some(text) = text {
                lines.extend_from_slice(&self.lines[taken..block.first]);
                lines.extend(text.lines().map(String::from));
                taken = block.end;
            }
        }
        lines.extend_from_slice(&self.lines[taken..]);
        let text = lines.join("\n") + "\n";
        fs::write(repository().join(&self.path), text).unwrap();
    }

    /// The lines outside blocks, with their numbers from one.
    pub(crate) fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().enumerate().filter_map(|(index, line)| {
            let inside = |block: &Block| (block.first - 1..=block.end).contains(&index);
            (!self.blocks.iter().any(inside)).then_some((index + 1, line.as_str()))
        })
    }

    /// What stands between backticks in the prose; a piece may run over a line's end.
    pub(crate) fn inline_code(&self) -> Vec<String> {
        let prose: Vec<&str> = self.prose().map(|(_, line)| line).collect();
        let pieces = prose.split(|line| line.trim().is_empty());
        pieces
            .flat_map(|paragraph| {
                let text = paragraph.join(" ");
                let code = text.split('`').skip(1).step_by(2);
                // Inside a table a bar must be escaped.
                let code: Vec<String> = code.map(|code| code.replace("\\|", "|")).collect();
                code
            })
            .collect()
    }

    /// The targets of links in the prose.
    pub(crate) fn links(&self) -> Vec<String> {
        self.prose()
            .flat_map(|(_, line)| {
                let targets = line.split("](").skip(1);
                targets.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()))
            })
            .collect()
    }

    /// The anchors that the headings make, as Git hosts spell them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        self.prose()
            .filter_map(|(_, line)| line.strip_prefix('#'))
            .map(|heading| {
                let heading = heading.trim_start_matches('#').trim().to_lowercase();
                heading
                    .chars()
                    .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                    .map(|c| if c == ' ' { '-' } else { c })
                    .collect()
            })
            .collect()
    }
}

fn comment(line: &str) -> Option<&str> {
    Some(line.strip_prefix("<!--")?.strip_suffix("-->")?.trim())
}
