using Microsoft.Extensions.Configuration;

namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>
/// Gives a HOCON file to Microsoft.Extensions.Configuration: keys joined by ':', list items under their index, values as the file
/// spells them.
/// </summary>
public sealed class HoconConfigurationProvider(HoconConfigurationSource source) : ConfigurationProvider
{
    public override void Load()
    {
        Data = source.IsOptional && !File.Exists(source.Path)
            ? new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
            : Flatten(HoconDocument.Load(source.Path).RootObject);
    }

    /// <exception cref="HoconException">Two keys become one, because configuration keys ignore case and use ':' between levels.</exception>
    public static Dictionary<string, string?> Flatten(HoconObject root)
    {
        var data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        AddFields(data, string.Empty, root);
        return data;
    }

    private static void Add(Dictionary<string, string?> data, string key, HoconValue value)
    {
        switch (value)
        {
            case HoconObject { Count: > 0 } fields:
                AddFields(data, key + ConfigurationPath.KeyDelimiter, fields);
                return;
            case HoconArray { Items.Count: > 0 } array:
                for (var index = 0; index < array.Items.Count; index++)
                    Add(data, string.Create(null, $"{key}{ConfigurationPath.KeyDelimiter}{index}"), array.Items[index]);
                return;
        }

        // As in the JSON provider: an empty list is an empty text, an empty object is null.
        var text = value switch
        {
            HoconScalar { Kind: not HoconScalarKind.Null } scalar => scalar.Text,
            HoconArray => string.Empty,
            _ => null,
        };
        if (!data.TryAdd(key, text))
            throw new HoconException(value.Origin, $"The key '{key}' is set twice", "Do not use ':' in a key");
    }

    private static void AddFields(Dictionary<string, string?> data, string prefix, HoconObject fields)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in fields)
        {
            if (!seen.TryAdd(key, key))
            {
                throw new HoconException(
                    value.Origin,
                    $"The keys '{seen[key]}' and '{key}' differ only in case",
                    "Rename one: configuration keys ignore case");
            }

            Add(data, prefix + key, value);
        }
    }
}
