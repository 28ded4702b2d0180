using YamlDotNet.RepresentationModel;

namespace CityEdge.Rules;

/// <summary>Attributes as a rule file writes them, held to what its conditions take them for.</summary>
internal static class AttributeReader
{
    /// <summary><c>defaults: { rated_power: 100 }</c>: what an attribute is where neither the point nor anything above it has one.</summary>
    public static Dictionary<string, AttributeValue> Defaults(YamlFile source, ExpressionScope scope, YamlNode? node)
    {
        var read = Read(source, scope, node, "defaults");
        foreach (var name in read.Keys.Where(name => !scope.Attributes.Contains(name)))
        {
            var place = ((YamlMappingNode)node!).Children.Keys.First(key => key is YamlScalarNode scalar && scalar.Value == name);
            source.Error(place, "defaults." + name, $"no condition uses attr.{name}; {(scope.Attributes.Count == 0 ? "the rule uses no attribute" : "expected " + string.Join(" or ", scope.Attributes))}");
        }
        return read;
    }

    /// <summary>A map of names to numbers, texts and dates.</summary>
    public static Dictionary<string, AttributeValue> Read(YamlFile source, ExpressionScope scope, YamlNode? node, string path)
    {
        var attributes = new Dictionary<string, AttributeValue>(StringComparer.Ordinal);
        foreach (var (name, value) in source.Map(node, path, null) ?? [])
        {
            var key = YamlFile.Join(path, name);
            var slot = scope.Attributes.IndexOf(name);
            var use = slot < 0 ? AttributeUse.None : scope.AttributeUses[slot];
            var expected = use == AttributeUse.Number ? "a number" : (use & AttributeUse.Date) != 0 ? AttributeDate.Expected : use == AttributeUse.Text ? "a text" : "a number or a text";
            if (!source.Text(value, key, expected, out var text)) continue;
            var attribute = AttributeValue.Parse(text);
            var fits = use switch
            {
                AttributeUse.None => true,
                AttributeUse.Number => attribute.Text is null,
                AttributeUse.Text => attribute.Text is { Length: <= AttributeValue.MaxTextLength },
                _ => !double.IsNaN(AttributeDate.DayOf(attribute.Text, TimeZoneInfo.Utc)),
            };
            if (fits) attributes[name] = attribute;
            else source.Error(value, key, $"expected {expected}; found '{text}'");
        }
        return attributes;
    }
}
