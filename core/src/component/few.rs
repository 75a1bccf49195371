//! Lists that mostly have one item, for which they ask for no memory.

use std::ops::Deref;

/// A list.
#[derive(Debug, Default)]
pub enum Few<T> {
    /// An empty one.
    #[default]
    None,
    /// One of one item.
    One([T; 1]),
    /// Any.
    Many(Vec<T>),
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::None => &[],
            Self::One(one) => one,
            Self::Many(many) => many,
        }
    }
}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut items = items.into_iter();
        let Some(first) = items.next() else { return Self::None };
        match items.next() {
            None => Self::One([first]),
            Some(second) => Self::Many([first, second].into_iter().chain(items).collect()),
        }
    }
}

impl<T> Few<T> {
    /// The items in a vector.
    pub fn into_vec(self) -> Vec<T> {
        match self {
            Self::None => Vec::new(),
            Self::One(one) => one.into(),
            Self::Many(many) => many,
        }
    }
}
