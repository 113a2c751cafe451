//! The sandbox from outside: requests in, answers out.

mod business_central;
mod dynamics;
mod entries;
mod faults;
mod finance;
mod netsuite;
mod records;
mod sap;
mod shared_order;
mod socket;
mod support;
