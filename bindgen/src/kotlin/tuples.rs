//! The file of tuples: Kotlin has a class for two and for three items alone.

use std::collections::BTreeSet;

use super::sheet::Sheet;
use crate::naming::Spelled;

impl Sheet<'_> {
    /// Writes a class for each number of items. They compare the contents of arrays, which may be items.
    pub(super) fn tuple_classes(&mut self, counts: &BTreeSet<usize>) {
        for count in counts {
            let types: Vec<_> = (1..=*count).map(|place| format!("out T{place}")).collect();
            self.document(&format!("A tuple of {count} item{}.", if *count == 1 { "" } else { "s" }), &[]);
            self.page.line(&format!("public data class Tuple{count}<{}>(", types.join(", ")));
            let items = (1..=*count).map(|place| Spelled { name: format!("item{place}"), note: None });
            let items: Vec<_> = items.collect();
            self.page.indented(|page| {
                for (place, item) in items.iter().enumerate() {
                    page.docs(&format!("Item {place}."));
                    page.line(&format!("public val {}: T{},", item.name, place + 1));
                }
            });
            let any = vec!["*"; *count].join(", ");
            self.end_class(")", &format!("Tuple{count}<{any}>"), &items, &vec![true; *count]);
        }
    }
}
