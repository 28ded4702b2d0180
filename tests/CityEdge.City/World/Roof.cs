namespace CityEdge.City.World;

/// <summary>A roof with a leak sensor below its membrane: a torn membrane lets rain through, and the wet layer dries slowly once it is mended.</summary>
public sealed class Roof(string id, string building)
{
    /// <summary>Water under the membrane, mm.</summary>
    private double water;

    public string Id { get; } = id;

    public string Building { get; } = building;

    public bool Torn { get; set; }

    /// <summary>True while the sensor's contacts are wet.</summary>
    public bool Wet => water > 0.2;

    public void Step(double hours, double rain)
    {
        if (Torn) water = Math.Min(4, water + rain * hours * 0.5);
        // A crew dries the layer when it mends the membrane.
        water *= Math.Exp(-hours / (Torn ? 8 : 0.4));
    }
}
