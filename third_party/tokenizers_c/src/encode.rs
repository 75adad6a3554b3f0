//! The safe half: loading and encoding with padding and truncation chosen per call.

use std::borrow::Cow;
use std::path::Path;

use tokenizers::{truncate_encodings, Encoding, PostProcessor, Tokenizer, TruncationParams};

pub struct Loaded {
    pub tokenizer: Tokenizer,
    /// Direction and strategy of tokenizer.json; its length is ignored.
    truncation: TruncationParams,
    pad_id: i64,
    pad_type_id: i64,
}

pub struct Options {
    pub max_length: usize,
    pub add_special_tokens: bool,
    pub pad: bool,
}

/// A batch in the layout that tokenizers_c.h describes.
#[derive(Default)]
pub struct Batch {
    pub offsets: Vec<usize>,
    pub lengths: Vec<usize>,
    pub truncated: Vec<u8>,
    pub ids: Vec<i64>,
    pub mask: Vec<i64>,
    pub type_ids: Vec<i64>,
}

impl Loaded {
    pub fn from_file(path: &Path) -> Result<Self, String> {
        let failed = |e: tokenizers::Error| {
            let path = path.display();
            format!("cannot load the tokenizer '{path}': {e}; expected a tokenizer.json of Hugging Face's tokenizers")
        };
        let mut tokenizer = Tokenizer::from_file(path).map_err(failed)?;
        let truncation = TruncationParams { stride: 0, ..tokenizer.get_truncation().cloned().unwrap_or_default() };
        let (pad_id, pad_type_id) = match tokenizer.get_padding() {
            Some(padding) => (padding.pad_id, padding.pad_type_id),
            None => (["[PAD]", "<pad>"].iter().find_map(|t| tokenizer.token_to_id(t)).unwrap_or(0), 0),
        };
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(failed)?;
        Ok(Loaded { tokenizer, truncation, pad_id: i64::from(pad_id), pad_type_id: i64::from(pad_type_id) })
    }

    pub fn count(&self, text: &str, add_special_tokens: bool) -> Result<usize, String> {
        let encoding = self.tokenizer.encode_fast(text, add_special_tokens);
        Ok(encoding.map_err(|e| format!("cannot count the tokens of the text: {e}"))?.len())
    }

    pub fn encode(&self, first: &[Cow<str>], second: Option<&[Cow<str>]>, options: &Options) -> Result<Batch, String> {
        let mut batch = Batch { offsets: vec![0], ..Batch::default() };
        for (i, text) in first.iter().enumerate() {
            let pair = second.map(|texts| &texts[i]);
            let (row, truncated) = self.encode_row(text, pair, options).map_err(|e| format!("cannot encode text {i}: {e}"))?;
            batch.push(&row, truncated);
        }
        if options.pad {
            batch.pad(self.pad_id, self.pad_type_id);
        }
        Ok(batch)
    }

    /// Truncation sits between tokenizing the parts and joining them with special tokens. The crate does it there too,
    /// but with a length fixed in the tokenizer; doing it here keeps one tokenizer usable with many lengths.
    fn encode_row(&self, text: &str, pair: Option<&Cow<str>>, options: &Options) -> Result<(Encoding, bool), String> {
        let text_of = |e: tokenizers::Error| e.to_string();
        let mut a = self.tokenizer.encode_fast(text, false).map_err(text_of)?;
        let mut b = match pair {
            Some(pair) => Some(self.tokenizer.encode_fast(pair.as_ref(), false).map_err(text_of)?),
            None => None,
        };
        let mut truncated = false;
        if options.max_length > 0 {
            let room = self.room(pair.is_some(), options)?;
            truncated = a.len() + b.as_ref().map_or(0, Encoding::len) > room;
            let params = TruncationParams { max_length: room, ..self.truncation.clone() };
            (a, b) = truncate_encodings(a, b, &params).map_err(text_of)?;
            // What was cut off is kept as further windows; nobody reads them, and post_process would work on each.
            a.take_overflowing();
            b.as_mut().map(Encoding::take_overflowing);
        }
        let row = self.tokenizer.post_process(a, b, options.add_special_tokens).map_err(text_of)?;
        Ok((row, truncated))
    }

    fn room(&self, is_pair: bool, options: &Options) -> Result<usize, String> {
        let special = match self.tokenizer.get_post_processor() {
            Some(processor) if options.add_special_tokens => processor.added_tokens(is_pair),
            _ => 0,
        };
        options.max_length.checked_sub(special).ok_or_else(|| {
            format!("max_length {} leaves no room for the {special} special tokens; raise it", options.max_length)
        })
    }
}

impl Batch {
    fn push(&mut self, row: &Encoding, truncated: bool) {
        self.ids.extend(row.get_ids().iter().map(|&id| i64::from(id)));
        self.mask.extend(row.get_attention_mask().iter().map(|&bit| i64::from(bit)));
        self.type_ids.extend(row.get_type_ids().iter().map(|&id| i64::from(id)));
        self.lengths.push(row.len());
        self.truncated.push(u8::from(truncated));
        self.offsets.push(self.ids.len());
    }

    fn pad(&mut self, pad_id: i64, pad_type_id: i64) {
        let width = self.lengths.iter().copied().max().unwrap_or(0);
        let widen = |flat: &[i64], offsets: &[usize], fill: i64| {
            let mut wide = Vec::with_capacity(width * (offsets.len() - 1));
            for (i, row) in offsets.windows(2).enumerate() {
                wide.extend_from_slice(&flat[row[0]..row[1]]);
                wide.resize((i + 1) * width, fill);
            }
            wide
        };
        self.ids = widen(&self.ids, &self.offsets, pad_id);
        self.mask = widen(&self.mask, &self.offsets, 0);
        self.type_ids = widen(&self.type_ids, &self.offsets, pad_type_id);
        self.offsets = (0..=self.lengths.len()).map(|i| i * width).collect();
    }
}
