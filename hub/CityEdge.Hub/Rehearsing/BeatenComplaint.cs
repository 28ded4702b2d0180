namespace CityEdge.Hub.Rehearsing;

/// <summary>A stored complaint that a rehearsed ticket would have been earlier than.</summary>
/// <param name="Complaint">Id of the complaint.</param>
/// <param name="At">When it was made.</param>
/// <param name="Point">Point of the alarm.</param>
/// <param name="Ticket">Ticket that was open by then.</param>
/// <param name="LeadSeconds">By how much: from the alarm, or from the opening of its ticket if that was later, to the complaint.</param>
public sealed record BeatenComplaint(string Complaint, DateTimeOffset At, string Point, string Ticket, double LeadSeconds);
