using Dispatcher.Host.Configuration;

namespace Dispatcher.Host.Composition;

/// <summary>The settings of one command: the files and the environment, and over them what the command line says.</summary>
internal static class EffectiveSettings
{
    public const string Profile = "embedded";

    /// <exception cref="ConfigurationFaultsException">Something is wrong; all of it is listed.</exception>
    public static DispatcherSettings Load(HostEdges edges, string? configFile, string? dataDirectory)
    {
        var found = LoadChecked(edges, configFile);
        var settings = DispatcherSettings.From(found);
        var data = Path.GetFullPath(dataDirectory ?? settings.DataDirectory, edges.CurrentDirectory);
        var artifacts = found.Text("dispatcher.artifacts.directory");
        return settings with
        {
            DataDirectory = data,
            ArtifactsDirectory = artifacts.Length > 0 ? Path.GetFullPath(artifacts, edges.CurrentDirectory) : Path.Combine(data, "artifacts"),
        };
    }

    /// <exception cref="ConfigurationFaultsException">Something is wrong; all of it is listed.</exception>
    public static CheckedSettings LoadChecked(HostEdges edges, string? configFile)
    {
        var userPath = configFile is null ? null : Path.GetFullPath(configFile, edges.CurrentDirectory);
        return SettingsLoader.LoadChecked(SettingsSources.Installed(Profile, userPath) with { Environment = edges.Environment });
    }
}
