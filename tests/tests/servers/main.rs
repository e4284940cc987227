//! The servers that tests send to do what they are said to do. Spoken to by plain means, none of this program's senders.

mod kannel;
mod mail;
mod receiver;
