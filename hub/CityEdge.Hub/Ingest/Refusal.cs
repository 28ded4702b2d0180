using CityEdge.Contracts;

namespace CityEdge.Hub.Ingest;

/// <summary>Why a message, or the record at <paramref name="Index"/> in it (-1: all of it), was refused.</summary>
public readonly record struct Refusal(RefusalReason Reason, string Message, int Index);
