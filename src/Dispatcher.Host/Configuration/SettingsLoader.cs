using System.Collections;
using Dispatcher.Host.Configuration.Hocon;

namespace Dispatcher.Host.Configuration;

/// <summary>Where settings come from, the later over the earlier: reference.conf, a profile, the user's file, the environment.</summary>
public sealed record SettingsSources(string ReferencePath)
{
    public string? ProfilePath { get; init; }

    public string? UserPath { get; init; }

    /// <summary>Variables for <c>DISPATCHER__...</c> and for substitutions in the files.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The files beside the program and the process's own environment.</summary>
    /// <param name="profile">The name of a profile such as <c>embedded</c>, or null.</param>
    /// <param name="userPath">The user's file, or null.</param>
    public static SettingsSources Installed(string? profile, string? userPath)
    {
        var directory = Path.Combine(AppContext.BaseDirectory, "hocon");
        return new SettingsSources(Path.Combine(directory, "reference.conf"))
        {
            ProfilePath = profile is null ? null : Path.Combine(directory, profile + ".conf"),
            UserPath = userPath,
            Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
                .ToDictionary(entry => (string)entry.Key, entry => entry.Value as string ?? string.Empty, StringComparer.Ordinal),
        };
    }
}

/// <summary>Reads, merges, checks and binds the settings.</summary>
public static class SettingsLoader
{
    /// <exception cref="ConfigurationFaultsException">Something is wrong; all of it is listed.</exception>
    public static DispatcherSettings Load(SettingsSources sources) => DispatcherSettings.From(LoadChecked(sources));

    /// <summary>As <see cref="Load"/>, with the origin of each value, for showing what is in effect.</summary>
    /// <exception cref="ConfigurationFaultsException">Something is wrong; all of it is listed.</exception>
    public static CheckedSettings LoadChecked(SettingsSources sources)
    {
        try
        {
            var schema = SettingsSchema.Load(sources.ReferencePath);
            var layers = new[] { sources.ReferencePath, sources.ProfilePath, sources.UserPath }
                .OfType<string>()
                .Select(HoconLayer.FromFile)
                .Append(SettingsEnvironment.Layer(schema, sources.Environment));
            var options = new HoconReadOptions { Environment = name => sources.Environment.GetValueOrDefault(name) };
            var checker = new SettingsChecker(schema);
            var settings = checker.Check(HoconDocument.Combine(layers, options).RootObject);
            IReadOnlyList<ConfigurationFault> faults = [.. checker.Faults, .. DispatcherSettings.FaultsIn(settings, isComplete: checker.Faults.Count == 0)];
            return faults.Count == 0 ? settings : throw new ConfigurationFaultsException(faults);
        }
        catch (HoconException fault)
        {
            throw new ConfigurationFaultsException([new ConfigurationFault(fault.Origin.ToString(), fault.Detail)], fault);
        }
    }
}
