namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What is promised for tickets of one class; what is null is not promised.</summary>
/// <param name="Accept">From dispatch until a unit accepts.</param>
/// <param name="OnSite">From opening until somebody is on site.</param>
/// <param name="Safe">From opening until the danger is over.</param>
/// <param name="Fix">From opening until it is fixed.</param>
/// <param name="Triage">From when it waits for the dispatcher until a unit is chosen.</param>
/// <param name="Callback">From proof until the resident is called back.</param>
/// <param name="Emergency">Set that takes its place in emergency mode; null: none.</param>
public sealed record SlaSet(
    SlaTime? Accept = null, SlaTime? OnSite = null, SlaTime? Safe = null, SlaTime? Fix = null, SlaTime? Triage = null, SlaTime? Callback = null, string? Emergency = null)
{
    /// <summary>Its limits by the name of their clock.</summary>
    public IEnumerable<(string Name, SlaTime? Time)> Parts() =>
        [(TicketClocks.Accept, Accept), (TicketClocks.OnSite, OnSite), (TicketClocks.Safe, Safe), (TicketClocks.Fix, Fix), (TicketClocks.Triage, Triage), (TicketClocks.Callback, Callback)];
}
