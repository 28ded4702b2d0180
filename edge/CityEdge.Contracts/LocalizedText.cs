namespace CityEdge.Contracts;

/// <summary>A text for people in the two languages of the product; JSON <c>{"zh":…,"en":…}</c>.</summary>
public sealed record LocalizedText(string Zh, string En);
