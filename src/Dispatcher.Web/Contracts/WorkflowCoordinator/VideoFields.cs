using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>Reads fields of a body under both of their names, snake_case and camelCase, and collects what is wrong with them.</summary>
internal sealed class VideoFields(JsonObject body)
{
    public List<(string Field, string Message)> Faults { get; } = [];

    /// <summary>The value; null if it is absent or null.</summary>
    public JsonNode? Value(string name) => body[name] ?? body[Camel(name)];

    public bool Has(string name) => body.ContainsKey(name) || body.ContainsKey(Camel(name));

    /// <summary><c>campaign_id</c> as <c>campaignId</c>.</summary>
    public static string Camel(string name)
    {
        var words = name.Split('_');
        return words[0] + string.Concat(words.Skip(1).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
    }

    public string? Text(string name, int limit)
    {
        if (Value(name) is not { } value) return null;
        if (value.GetValueKind() != JsonValueKind.String) return Fault<string>(name, "must be a text");
        var text = value.GetValue<string>();
        if (text.Trim().Length == 0) return Fault<string>(name, "can't be blank");
        return text.Length <= limit ? text : Fault<string>(name, $"has {text.Length} characters; at most {limit} are allowed");
    }

    public double? Number(string name, double least, double most)
    {
        if (Value(name) is not { } value) return null;
        if (value.GetValueKind() != JsonValueKind.Number || !value.AsValue().TryGetValue<double>(out var number) || !double.IsFinite(number)) return FaultOf<double>(name, "must be a number");
        return number >= least && number <= most ? number : FaultOf<double>(name, string.Create(CultureInfo.InvariantCulture, $"must be from {least} to {most}"));
    }

    public int? Integer(string name, int least, int most)
    {
        if (Value(name) is not { } value) return null;
        if (value.GetValueKind() != JsonValueKind.Number || !value.AsValue().TryGetValue<int>(out var number)) return FaultOf<int>(name, "must be a whole number");
        return number >= least && number <= most ? number : FaultOf<int>(name, string.Create(CultureInfo.InvariantCulture, $"must be from {least} to {most}"));
    }

    public IReadOnlyList<string>? Texts(string name, int most, int limit)
    {
        if (Value(name) is not { } value) return null;
        if (value is not JsonArray list || list.Count == 0 || list.Count > most || list.Any(item => item?.GetValueKind() != JsonValueKind.String))
            return Fault<IReadOnlyList<string>>(name, $"must be a list of 1 to {most} texts");
        var texts = list.Select(item => item!.GetValue<string>()).ToList();
        return texts.TrueForAll(text => text.Length > 0 && text.Length <= limit) ? texts : Fault<IReadOnlyList<string>>(name, $"holds a text that is empty or has more than {limit} characters");
    }

    public void Add(string field, string message) => Faults.Add((field, message));

    private T? Fault<T>(string name, string message)
        where T : class
    {
        Add(name, message);
        return null;
    }

    private T? FaultOf<T>(string name, string message)
        where T : struct
    {
        Add(name, message);
        return null;
    }
}
