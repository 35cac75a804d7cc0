using Dispatcher.Host.Configuration.Hocon;

namespace Dispatcher.Host.Configuration;

/// <summary>
/// Environment variables as a layer over the files: <c>DISPATCHER__RENDER__MAX_CONCURRENCY</c> sets
/// <c>dispatcher.render.max-concurrency</c>. A list is written with commas. An entry of a map is made in lower case with '-'.
/// <c>DISPATCHER_STORE</c> is short for the connection of the store, and goes over it.
/// </summary>
internal static class SettingsEnvironment
{
    public const string Prefix = "DISPATCHER__";
    public const string StoreVariable = "DISPATCHER_STORE";

    private static readonly string[] StorePath = ["dispatcher", "store", "connection"];

    public static HoconLayer Layer(SettingsSchema schema, IReadOnlyDictionary<string, string> environment)
    {
        var values = new List<(IReadOnlyList<string>, HoconValue)>();
        foreach (var (name, text) in environment.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal))
                continue;
            string[] path = [.. name.ToLowerInvariant().Replace("__", ".", StringComparison.Ordinal).Replace('_', '-').Split('.')];
            values.Add((path, Read(text, TypeAt(schema.Root, path), new HoconOrigin($"environment variable {name}", 0, 0))));
        }

        if (environment.GetValueOrDefault(StoreVariable) is { Length: > 0 } store)
            values.Add((StorePath, new HoconScalar(store, HoconScalarKind.String, new HoconOrigin($"environment variable {StoreVariable}", 0, 0))));
        return HoconLayer.FromValues(values);
    }

    private static SettingType? TypeAt(SettingsSection section, IEnumerable<string> path)
    {
        SettingType? type = null;
        foreach (var key in path)
        {
            type = section.Settings.GetValueOrDefault(key)?.Type;
            if (type is null && section.SectionOf(key) is { } inner)
                section = inner;
        }

        return type;
    }

    private static HoconValue Read(string text, SettingType? type, HoconOrigin origin)
    {
        if (type is not SettingType.TextList)
            return new HoconScalar(text, HoconScalarKind.String, origin);
        var items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new HoconArray([.. items.Select(item => new HoconScalar(item, HoconScalarKind.String, origin))], origin);
    }
}
