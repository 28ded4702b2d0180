namespace CityEdge.Contracts;

/// <summary>Severity of an alarm or ticket; P1 is the most urgent.</summary>
public enum Severity : byte
{
    P1 = 1,
    P2 = 2,
    P3 = 3,
    P4 = 4,
    P5 = 5,
}
