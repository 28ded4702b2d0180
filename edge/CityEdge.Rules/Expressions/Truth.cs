namespace CityEdge.Rules;

/// <summary>Three-valued (Kleene) truth: a condition over a value that is not known is neither true nor false, so it neither raises nor clears.</summary>
internal enum Truth : byte
{
    False,
    True,
    Unknown,
}
