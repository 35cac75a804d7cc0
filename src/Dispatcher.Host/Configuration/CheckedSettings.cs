using Dispatcher.Host.Configuration.Hocon;

namespace Dispatcher.Host.Configuration;

/// <summary>
/// Settings that passed the check, by path. Reading one that the schema does not have, or as another type, is a bug of the
/// program and throws <see cref="InvalidOperationException"/>.
/// </summary>
public sealed class CheckedSettings
{
    private readonly SettingsSchema _schema;
    private readonly OrderedDictionary<string, HoconValue> _values;

    internal CheckedSettings(SettingsSchema schema, OrderedDictionary<string, HoconValue> values)
    {
        _schema = schema;
        _values = values;
    }

    /// <summary>Every setting in effect with its value, whose origin says who set it.</summary>
    public IReadOnlyDictionary<string, HoconValue> Values => _values;

    /// <summary>Told each path that is read; a test compares them with reference.conf.</summary>
    internal Action<string>? OnRead { get; set; }

    public bool Boolean(string path) => Read(path).AsBoolean();

    public string Text(string path) => Read(path).AsText();

    public IReadOnlyList<string> TextList(string path) => Read(path).AsTextList();

    public int Integer(string path) => checked((int)Read(path).AsInteger());

    public double Number(string path) => Read(path).AsNumber();

    /// <summary>Bytes.</summary>
    public long Size(string path) => Read(path).AsSize();

    public TimeSpan Duration(string path) => Read(path).AsDuration();

    /// <summary>Null when the setting is off.</summary>
    public TimeSpan? OptionalDuration(string path) => Read(path).AsOptionalDuration();

    /// <summary>A word of a one-of, as the member of the same name.</summary>
    public T Word<T>(string path)
        where T : struct, Enum
        => Enum.Parse<T>(Text(path), ignoreCase: true);

    /// <summary>The names of a map's entries, with those that reference.conf gives.</summary>
    public IReadOnlyList<string> EntriesOf(string mapPath)
    {
        var map = HoconPath.Parse(mapPath);
        return [.. _values.Keys.Select(HoconPath.Parse)
            .Where(path => path.Count > map.Count && path.Take(map.Count).SequenceEqual(map, StringComparer.Ordinal))
            .Select(path => path[map.Count])
            .Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The entries of a map of texts, by their names.</summary>
    public IReadOnlyDictionary<string, string> TextsOf(string mapPath) =>
        EntriesOf(mapPath).ToDictionary(name => name, name => Text($"{mapPath}.{HoconPath.RenderKey(name)}"), StringComparer.Ordinal);

    public bool Has(string path) => _values.ContainsKey(path);

    /// <summary>The path of a setting of a map's entry, or of the section that stands in for what the entry leaves out.</summary>
    public string PathInEntry(string mapPath, string entry, string key, string fallback)
    {
        var own = $"{mapPath}.{HoconPath.RenderKey(entry)}.{key}";
        return Has(own) ? own : $"{fallback}.{key}";
    }

    private HoconValue Read(string path)
    {
        OnRead?.Invoke(path);
        return _values.TryGetValue(path, out var value)
            ? value
            : throw new InvalidOperationException(
                $"The program reads '{path}', which is not among the {_schema.Settings.Count()} settings of reference.conf.");
    }
}
