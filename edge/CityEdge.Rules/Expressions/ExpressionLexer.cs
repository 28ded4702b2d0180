using System.Globalization;
using CityEdge.Contracts;

namespace CityEdge.Rules;

internal enum TokenKind : byte
{
    End,
    Number,
    Duration,
    Clock,
    Name,
    Text,
    Symbol,
}

/// <summary>A token; <paramref name="Offset"/> is its place in the expression, characters from 0.</summary>
internal readonly record struct Token(TokenKind Kind, int Offset, string Text, double Number = 0, string? Unit = null);

/// <summary>An expression that cannot be read; thrown inside the expression parser only and turned into a <see cref="RuleError"/> there.</summary>
internal sealed class ExpressionException(int offset, string message) : Exception(message)
{
    public int Offset { get; } = offset;
}

/// <summary>
/// Splits an expression. A number directly followed by letters is a duration where it reads as one (<c>15m</c> is minutes), a number, a space and a unit is a quantity (<c>15 m</c> is metres).
/// </summary>
internal static class ExpressionLexer
{
    private static readonly string[] Words = ["and", "or", "not", "all", "any", "value", "age", "true", "false"];

    public static List<Token> Split(string text)
    {
        var tokens = new List<Token>();
        var at = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
            if (at >= text.Length) break;
            var c = text[at];
            if (char.IsAsciiDigit(c) || (c == '.' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])))
            {
                tokens.Add(ReadNumber(text, ref at));
            }
            else if (char.IsAsciiLetter(c) || c == '_')
            {
                var start = at;
                while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '.')) at++;
                tokens.Add(new Token(TokenKind.Name, start, text[start..at]));
            }
            else if (c is '"' or '\'')
            {
                var end = text.IndexOf(c, at + 1);
                if (end < 0) throw new ExpressionException(at, $"this text is not closed; expected {c} at its end");
                tokens.Add(new Token(TokenKind.Text, at, text[(at + 1)..end]));
                at = end + 1;
            }
            else
            {
                var two = at + 1 < text.Length ? text.Substring(at, 2) : "";
                var symbol = two is "<=" or ">=" or "==" or "!=" ? two : c is '<' or '>' or '+' or '-' or '*' or '/' or '(' or ')' or ',' ? c.ToString() : null;
                if (symbol is null) throw new ExpressionException(at, c == '=' ? "expected == for equality" : $"unexpected character '{c}'");
                tokens.Add(new Token(TokenKind.Symbol, at, symbol));
                at += symbol.Length;
            }
        }
        tokens.Add(new Token(TokenKind.End, text.Length, "the end of the expression"));
        return tokens;
    }

    private static Token ReadNumber(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.')) at++;
        if (at < text.Length && text[at] == ':') return ReadClock(text, start, ref at);
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            var exponent = at + 1;
            if (exponent < text.Length && text[exponent] is '+' or '-') exponent++;
            if (exponent < text.Length && char.IsAsciiDigit(text[exponent]))
            {
                while (exponent < text.Length && char.IsAsciiDigit(text[exponent])) exponent++;
                at = exponent;
            }
        }
        if (!double.TryParse(text.AsSpan(start, at - start), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
            throw new ExpressionException(start, $"'{text[start..at]}' is not a number");
        if (at < text.Length && IsUnitStart(text[at]))
        {
            var run = at;
            while (run < text.Length && (char.IsAsciiLetterOrDigit(text[run]) || text[run] == '.')) run++;
            if (Durations.TryParse(text.AsSpan(start, run - start), out var duration))
            {
                at = run;
                return new Token(TokenKind.Duration, start, text[start..run], duration.TotalMilliseconds);
            }
        }
        var look = at;
        while (look < text.Length && text[look] == ' ') look++;
        if (look < text.Length && IsUnitStart(text[look]))
        {
            var end = look;
            while (end < text.Length && IsUnitPart(text[end])) end++;
            var unit = text[look..end];
            if (!Words.Contains(unit))
            {
                at = end;
                return new Token(TokenKind.Number, start, text[start..end], number, unit);
            }
        }
        return new Token(TokenKind.Number, start, text[start..at], number);
    }

    /// <summary><c>02:00</c>: minutes after midnight.</summary>
    private static Token ReadClock(string text, int start, ref int at)
    {
        at++;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        var written = text[start..at];
        if (written is [var h1, var h2, ':', var m1, var m2] && char.IsAsciiDigit(h1) && char.IsAsciiDigit(h2) && m1 is >= '0' and <= '5' && (h1 - '0') * 600 + (h2 - '0') * 60 + (m1 - '0') * 10 + (m2 - '0') is var minutes and <= 1440)
            return new Token(TokenKind.Clock, start, written, minutes);
        throw new ExpressionException(start, $"expected a local time of day such as 02:00, up to 24:00; found '{written}'");
    }

    private static bool IsUnitStart(char c) => char.IsLetter(c) || c is '%' or '°' or '℃' or '[' or 'µ';

    private static bool IsUnitPart(char c) => IsUnitStart(c) || char.IsAsciiDigit(c) || c is '/' or ']' or '³' or '²' or '.';
}
