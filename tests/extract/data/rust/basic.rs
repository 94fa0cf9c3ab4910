//! Crate docs.
use std::collections::{HashMap, hash_map::Entry as E};
use crate::net::*;
use super::config::Config;
extern crate serde;

/// A point in space.
///
/// More about it.
#[derive(Debug, Clone)]
pub struct Point<T> {
    pub x: T,
    y: T,
}

pub struct Unit;

pub enum Shape { Circle(f64), Square { side: f64 } }

/// Draws.
pub trait Draw: Sized {
    const DEPTH: usize;
    type Output;
    fn draw(&self) -> Self::Output;
    fn twice(&self) { self.draw(); }
}

impl<T: Clone> Point<T> {
    /// Makes one.
    #[inline]
    pub fn new(x: T, y: T) -> Self {
        let local = compute(x.clone());
        Point { x, y: local }
    }
}

impl<T> Draw for Point<T> where T: Copy {
    fn draw(&self) -> Self::Output { render(self.x, Shape::Circle(1.0)) }
}

mod inner {
    pub(crate) fn helper(n: u32) -> u32 { n + super::LIMIT }
}

pub const LIMIT: u32 = 10;
static mut STATE: i32 = 0;
type Map<K> = HashMap<K, Config>;

macro_rules! square { ($x:expr) => { $x * $x }; }

async fn größe<'a>(s: &'a str) -> usize { println!("{}", s); s.len() }
