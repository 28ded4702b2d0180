namespace CityEdge.Rules;

/// <summary>What a rule takes an attribute for; a rule takes one name for a number or for a text, and dates are texts.</summary>
[Flags]
internal enum AttributeUse : byte
{
    None = 0,
    Number = 1,
    Text = 2,
    Date = 4,
}
