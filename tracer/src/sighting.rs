//! Where a packet was captured.

/// Where a packet was captured: of the interfaces of a machine several may see the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sighting<'a> {
    /// The interface's number, by the cooked header, or by the file that was captured on several.
    pub interface: Option<u32>,
    /// Its name, when the capture tells.
    pub name: Option<&'a str>,
    /// Which way it went there.
    pub way: Option<Way>,
}

/// Which way a packet goes at an interface, as Linux' cooked header tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// In: to this machine, to all or to many.
    In,
    /// By: from others to others.
    By,
    /// Out: sent from here.
    Out,
}
