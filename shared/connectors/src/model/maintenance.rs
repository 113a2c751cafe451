//! Assets and the work on them.

use super::{Amount, Date, DateTime, Quantity, Reference};

closed_set! {
    /// What kind of work it is.
    WorkOrderType {
        /// Something broke.
        Corrective = "corrective",
        /// By plan.
        Preventive = "preventive",
        /// A look.
        Inspection = "inspection",
        /// Part of a project.
        Project = "project",
        /// Something else.
        Other = "other",
        /// The system says something that the manifest does not know.
        Unknown = "unknown",
    }
}

closed_set! {
    /// Where a work order stands.
    WorkOrderStatus {
        /// Asked for.
        Requested = "requested",
        /// Approved.
        Approved = "approved",
        /// Planned.
        Planned = "planned",
        /// Under way.
        InProgress = "in_progress",
        /// Waits.
        OnHold = "on_hold",
        /// Done.
        Completed = "completed",
        /// Done and closed.
        Closed = "closed",
        /// Called off.
        Cancelled = "cancelled",
        /// The system says something that the manifest does not know.
        Unknown = "unknown",
    }
}

closed_set! {
    /// How urgent it is.
    Priority {
        /// At once.
        Critical = "critical",
        /// Soon.
        High = "high",
        /// In its turn.
        Medium = "medium",
        /// When there is time.
        Low = "low",
        /// None is set.
        None = "none",
        /// The system says something that the manifest does not know.
        Unknown = "unknown",
    }
}

closed_set! {
    /// Whether an asset runs.
    AssetStatus {
        /// It runs.
        Operating = "operating",
        /// It is broken.
        Down = "down",
        /// It is off.
        NotInService = "not_in_service",
        /// It is gone.
        Retired = "retired",
        /// The system says something that the manifest does not know.
        Unknown = "unknown",
    }
}

object! {
    /// What failed and why.
    Failure {
        /// What was seen.
        problem: String,
        /// Why.
        cause: String,
        /// What was done.
        remedy: String,
    }
}

object! {
    /// What the work cost.
    WorkOrderCosts {
        /// People.
        labor: Amount,
        /// Parts.
        material: Amount,
        /// Services.
        service: Amount,
        /// All of it.
        total: Amount,
    }
}

object! {
    /// One step of the work.
    Task {
        /// Its place in the order of steps.
        position: i64,
        /// What is to be done.
        title: String,
        /// The system's own status.
        status: String,
        /// When it was done.
        completed_at: DateTime,
        /// By whom.
        completed_by: Reference,
    }
}

object! {
    /// Time that somebody worked.
    Labor {
        /// Who.
        person: Reference,
        /// How long.
        hours: Quantity,
        /// What an hour costs.
        rate: Amount,
        /// From when.
        started_at: DateTime,
    }
}

object! {
    /// A part that the work needs.
    Part {
        /// The item.
        item: Reference,
        /// How much was planned.
        planned_quantity: Quantity,
        /// How much was used.
        used_quantity: Quantity,
        /// The system's code of the unit.
        unit: String,
        /// What a unit costs.
        unit_cost: Amount,
    }
}

object! {
    /// What a meter says.
    MeterReading {
        /// The meter.
        meter: Reference,
        /// What it shows.
        reading: Quantity,
    }
}

object! {
    /// Where something stands.
    Coordinates {
        /// Degrees north.
        latitude: Quantity,
        /// Degrees east.
        longitude: Quantity,
    }
}

record! {
    /// Work on an asset.
    WorkOrder {
        /// Number, as people say it.
        number: String,
        /// A short text.
        title: String,
        /// A longer text.
        description: String,
        /// What kind of work.
        r#type: WorkOrderType,
        /// The system's own kind.
        type_raw: String,
        /// Where it stands.
        status: WorkOrderStatus,
        /// The system's own status.
        status_raw: String,
        /// How urgent.
        priority: Priority,
        /// The system's own priority.
        priority_raw: String,
        /// On what.
        asset: Reference,
        /// Where.
        location: Reference,
        /// Plant or branch.
        site: Reference,
        /// The work order that it is part of.
        parent: Reference,
        /// Who asked for it.
        requester: Reference,
        /// Who does it.
        assignees: Vec<Reference>,
        /// Which team does it.
        team: Reference,
        /// The maintenance plan that it comes from.
        plan: Reference,
        /// What failed.
        failure: Failure,
        /// When it was asked for.
        requested_at: DateTime,
        /// Planned start.
        scheduled_start: DateTime,
        /// Planned end.
        scheduled_end: DateTime,
        /// When it must be done.
        due_date: Date,
        /// When it began.
        started_at: DateTime,
        /// When it was done.
        completed_at: DateTime,
        /// How long the asset stood still, in minutes.
        downtime_minutes: i64,
        /// Planned hours.
        estimated_hours: Quantity,
        /// Hours worked.
        actual_hours: Quantity,
        /// What it cost.
        costs: WorkOrderCosts,
        /// Its steps.
        tasks: Vec<Task>,
        /// Who worked how long.
        labor: Vec<Labor>,
        /// What it used.
        parts: Vec<Part>,
        /// What the meters said.
        meters: Vec<MeterReading>,
        /// Remarks.
        notes: String,
    }
}

record! {
    /// A machine or other thing that is maintained.
    Asset {
        /// Number.
        number: String,
        /// Name.
        name: String,
        /// A longer text.
        description: String,
        /// The system's kind of asset.
        r#type: String,
        /// Whether it runs.
        status: AssetStatus,
        /// The system's own status.
        status_raw: String,
        /// The system's measure of how important it is.
        criticality: String,
        /// The asset that it is part of.
        parent: Reference,
        /// Where it stands.
        location: Reference,
        /// Plant or branch.
        site: Reference,
        /// Who made it.
        manufacturer: String,
        /// The maker's model of it.
        manufacturer_model: String,
        /// Serial number.
        serial_number: String,
        /// Who sold it.
        vendor: Reference,
        /// When it was installed.
        installed_at: Date,
        /// When it went into service.
        commissioned_at: Date,
        /// When it was retired.
        retired_at: Date,
        /// How long the warranty lasts.
        warranty_until: Date,
        /// Cost centre that pays for it.
        cost_center: Reference,
        /// What it cost.
        purchase_cost: Amount,
        /// Its meters.
        meters: Vec<MeterReading>,
        /// Where it stands on the map.
        coordinates: Coordinates,
    }
}
