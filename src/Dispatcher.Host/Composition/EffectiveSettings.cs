using Dispatcher.Host.Commands;
using Dispatcher.Host.Configuration;
using Dispatcher.Store.Postgres;

namespace Dispatcher.Host.Composition;

/// <summary>The settings of one command: the files and the environment, and over them what the command line says.</summary>
internal static class EffectiveSettings
{
    public const string Profile = "embedded";

    /// <param name="store">A connection string over that of the settings; empty for the embedded engine.</param>
    /// <exception cref="ConfigurationFaultsException">Something is wrong; all of it is listed.</exception>
    /// <exception cref="CommandException">The connection string makes no sense.</exception>
    public static DispatcherSettings Load(HostEdges edges, string? configFile, string? dataDirectory, string? store = null)
    {
        var found = LoadChecked(edges, configFile);
        var settings = DispatcherSettings.From(found);
        var data = Path.GetFullPath(dataDirectory ?? settings.DataDirectory, edges.CurrentDirectory);
        var artifacts = found.Text("dispatcher.artifacts.directory");
        var files = found.Text("dispatcher.files.directory");
        return settings with
        {
            DataDirectory = data,
            Store = store is null ? settings.Store : settings.Store with { Connection = Checked(store) },
            ArtifactsDirectory = artifacts.Length > 0 ? Path.GetFullPath(artifacts, edges.CurrentDirectory) : Path.Combine(data, "artifacts"),
            FilesDirectory = files.Length > 0 ? Path.GetFullPath(files, edges.CurrentDirectory) : Path.Combine(data, "files"),
        };
    }

    /// <exception cref="ConfigurationFaultsException">Something is wrong; all of it is listed.</exception>
    public static CheckedSettings LoadChecked(HostEdges edges, string? configFile)
    {
        var userPath = configFile is null ? null : Path.GetFullPath(configFile, edges.CurrentDirectory);
        return SettingsLoader.LoadChecked(SettingsSources.Installed(Profile, userPath) with { Environment = edges.Environment });
    }

    private static string Checked(string store) => store.Length > 0 && PostgresConnectionText.FaultIn(store) is { } fault
        ? throw new CommandException(ExitCode.Usage, $"{SharedOptions.StoreName} is no connection string: {fault}. Write \"Host=...;Database=...;Username=...\".")
        : store;
}
