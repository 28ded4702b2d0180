using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Functions that look beyond the one point.</summary>
internal sealed partial class ExpressionParser
{
    private static readonly string[] KindNames = [.. Enum.GetNames<PointKind>().Select(name => name.ToLowerInvariant())];

    /// <summary><c>point("../outdoor.temperature")</c>, <c>point("pump.running", contact)</c>: the kind, which the units follow, is the one given, else the name's last word where it is a kind, else the rule's own.</summary>
    private Part OtherPoint(Token token)
    {
        Expect("(");
        var path = Now;
        if (path.Kind != TokenKind.Text) throw new ExpressionException(path.Offset, $"expected a point's name in quotes, e.g. point(\"../outdoor.temperature\"), found '{path.Text}'");
        at++;
        var kind = KindOf(path.Text[(path.Text.LastIndexOf('.') + 1)..]) ?? scope.Kind;
        if (Take(","))
        {
            var word = Now;
            if (word.Kind != TokenKind.Name || KindOf(word.Text) is not { } given) throw new ExpressionException(word.Offset, $"expected a kind of point, one of {string.Join(", ", KindNames)}; found '{word.Text}'");
            kind = given;
            at++;
        }
        Expect(")");
        var reference = PointReference.Parse(path.Text, kind)
            ?? throw new ExpressionException(path.Offset, $"'{path.Text}' is no point: expected its name, with '../' before it for each asset further up (at most {PointReference.MaxUp}), e.g. \"../outdoor.temperature\"");
        reference = reference with { OfMember = overMembers };
        var slot = scope.References.IndexOf(reference);
        if (slot < 0)
        {
            slot = scope.References.Count;
            scope.References.Add(reference);
        }
        var key = $"point({path.Text},{kind})";
        return new Part(null, kind == PointKind.Text ? null : new OtherPointNode(slot, key), Quantity.Absolute, token.Offset, Kind: kind, AsText: kind is null or PointKind.Text ? new OtherTextNode(slot, key) : null);
    }

    private static PointKind? KindOf(string word) => Array.IndexOf(KindNames, word) >= 0 ? Enum.Parse<PointKind>(word, ignoreCase: true) : null;
}
