namespace CityEdge.Contracts;

/// <summary>A message or part of one that could not be used, kept where it can be inspected and replayed (design §5, <c>deadletters</c>).</summary>
/// <param name="Id">Stable id: hash of (journal position, part, reason), so that processing a record again adds nothing.</param>
/// <param name="AtMs">Arrival time, Unix ms.</param>
/// <param name="Topic">MQTT topic or sink name.</param>
/// <param name="Device"><c>site/device</c> where known.</param>
/// <param name="Reason">One of the words of <see cref="RefusalReason"/>, as <see cref="RefusalReasons.Name"/> gives it.</param>
/// <param name="Message">For a person: what is wrong, where, and the mend.</param>
/// <param name="Position">Journal position of the message; -1 when it never got there.</param>
/// <param name="Payload">The refused bytes, capped at 64 KiB.</param>
public sealed record DeadLetter(string Id, long AtMs, string? Topic, string? Device, string Reason, string Message, long Position, byte[] Payload);
