namespace CityEdge.Contracts;

/// <summary>What a rule says about the ticket that its alarms open; times are event time (design §5, <c>ticket:</c>). Defaults are already filled in.</summary>
/// <param name="Category">Service code, e.g. <c>heating.room</c>.</param>
/// <param name="Title">Title of the rule.</param>
/// <param name="Action">What the crew should do first; may be null.</param>
/// <param name="Sla">Name of the SLA class, e.g. <c>P3</c>.</param>
/// <param name="Public">Whether the ticket may be shown on kiosk walls.</param>
/// <param name="Wait">Group wait from raise to open.</param>
/// <param name="SelfClear">All alarms cleared for this long before anyone is on site: self-cleared. <see cref="Timeout.InfiniteTimeSpan"/>: never.</param>
/// <param name="Reopen">Within this time after closing, the same incident reopens the ticket.</param>
/// <param name="VerifyFor">How long the verify condition must have held when the crew has reported fixed.</param>
public sealed record TicketPolicy(
    string Category,
    LocalizedText Title,
    LocalizedText? Action,
    string Sla,
    bool Public,
    TimeSpan Wait,
    TimeSpan SelfClear,
    TimeSpan Reopen,
    TimeSpan VerifyFor);
