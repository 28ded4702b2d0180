namespace CityEdge.Rules;

/// <summary>When the sun passes a height, in the order of a day.</summary>
public enum SunEvent : byte
{
    /// <summary>Civil twilight begins: its centre is 6 degrees below the horizon.</summary>
    Dawn,

    /// <summary>Its upper edge rises: its centre is 0.833 degrees below the horizon, for its radius and the air's refraction.</summary>
    Sunrise,

    /// <summary>Its upper edge sets.</summary>
    Sunset,

    /// <summary>Civil twilight ends.</summary>
    Dusk,
}
