namespace CityEdge.Hub.Tickets;

/// <summary>Who complained: personal data, kept apart from complaint and ticket.</summary>
/// <param name="Name">Name as given.</param>
/// <param name="Phone">Telephone number as given.</param>
public sealed record Reporter(string? Name, string? Phone)
{
    /// <summary>Enough to recognise who is known already, not enough to find anybody: first character of the name, last two digits of the number.</summary>
    public Reporter Masked() => new(
        string.IsNullOrEmpty(Name) ? null : Name[..(char.IsHighSurrogate(Name[0]) && Name.Length > 1 ? 2 : 1)] + "**",
        string.IsNullOrEmpty(Phone) ? null : "****" + (Phone.Length >= 7 ? Phone[^2..] : ""));

    /// <summary>A text in which every run of seven or more digits, also with single spaces or hyphens between, is <c>****</c>: telephone and identity numbers that people write into their complaint.</summary>
    public static string WithoutNumbers(string text)
    {
        var kept = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var (end, digits) = (i, 0);
            for (var j = i; j < text.Length && (char.IsDigit(text[j]) || (j > i && text[j] is ' ' or '-' && char.IsDigit(text[j - 1]))); j++)
            {
                if (!char.IsDigit(text[j])) continue;
                (end, digits) = (j + 1, digits + 1);
            }
            if (digits >= 7) kept.Append("****");
            else kept.Append(text, i, Math.Max(1, end - i));
            i = Math.Max(i + 1, end);
        }
        return kept.ToString();
    }
}
