using System.CommandLine;
using Dispatcher.Coordination.Doctor;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Configuration;
using Dispatcher.Host.Terminal;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Host.Commands;

/// <summary>
/// <c>dispatcher backup</c>: copies a data directory into a new one, beside a running server too, and checks the copy. The new directory is one to start a server on.
/// It gets its name when everything is in it, so whatever has the name is whole.
/// </summary>
internal static class BackupCommand
{
    private const string PartialSuffix = ".partial";

    public static Command Create(HostEdges edges)
    {
        var (data, store, config, json) = (SharedOptions.Data(), SharedOptions.Store(), SharedOptions.Config(), SharedOptions.Json());
        var target = new Argument<string>("DIR") { Description = "The directory to make; it must not be there yet" };
        var withFiles = new Option<bool>("--with-artifacts") { Description = "Copy the files that steps left too" };
        var command = new Command("backup", "Copy a data directory into a new one, also beside a running server, and check the copy") { target, data, store, config, withFiles, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = EffectiveSettings.Load(edges, parsed.GetValue(config), parsed.GetValue(data), parsed.GetValue(store));
            if (new StorePlace(settings) is { Postgres: not null } place)
                throw new CommandException(ExitCode.Usage, $"`backup` copies data directories, and the jobs are in {place.Name}: copy that with pg_dump --schema={settings.Store.Postgres.Schema}, and the files in {settings.ArtifactsDirectory} afterwards.");
            if (!SqliteJobStore.Exists(settings.DataDirectory)) throw new CommandException(ExitCode.NotFound, $"There is nothing to back up in {settings.DataDirectory}: no Dispatcher has run there yet.");
            var directory = Path.GetFullPath(parsed.GetRequiredValue(target), edges.CurrentDirectory);
            var partial = Reserve(directory);
            try
            {
                var report = await Fill(edges, settings, partial, parsed.GetValue(withFiles), cancellation);
                if (!report.Check.IsHealthy)
                {
                    edges.Error.Write(DoctorText.Plain(report.Check, settings.DataDirectory));
                    throw new CommandException(ExitCode.Failed, $"The copy is not sound, as told above, and was not kept. `dispatcher doctor --data {settings.DataDirectory}` checks the original.");
                }

                Directory.Move(partial, directory);
                edges.Out.WriteLine(parsed.GetValue(json) ? report.ToJson(directory) : report.ToText(directory));
                return ExitCode.Ok;
            }
            finally
            {
                if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
            }
        });
        return command;
    }

    private static string Reserve(string directory)
    {
        if (Path.Exists(directory)) throw new CommandException(ExitCode.Failed, $"{directory} exists; a backup does not overwrite. Give it another name.");
        var partial = directory + PartialSuffix;
        if (Path.Exists(partial)) throw new CommandException(ExitCode.Failed, $"{partial} exists: another backup writes it, or one was cut off. If none runs, delete it.");
        Directory.CreateDirectory(partial);
        return partial;
    }

    /// <summary>The database first: the files that it names are there already, and stay.</summary>
    private static async Task<BackupReport> Fill(HostEdges edges, DispatcherSettings settings, string directory, bool withFiles, CancellationToken cancellation)
    {
        await using (var store = SqliteJobStore.OpenReadOnly(settings.DataDirectory, NullLogger.Instance))
            await store.Backup(SqliteJobStore.FileIn(directory), cancellation);
        var files = withFiles ? CopyFiles(settings.ArtifactsDirectory, Path.Combine(directory, "artifacts"), cancellation) : (Count: 0, Bytes: 0L);
        await using var copy = SqliteJobStore.OpenReadOnly(directory, NullLogger.Instance);
        var artifacts = withFiles ? EmbeddedEngine.Artifacts(settings with { ArtifactsDirectory = Path.Combine(directory, "artifacts") }, edges.Time) : null;
        var check = await new StoreDoctor(copy, copy, artifacts, edges.Time, new DoctorOptions()).Run(new DoctorProgressLines(edges), cancellation);
        return new BackupReport(check, new FileInfo(SqliteJobStore.FileIn(directory)).Length, files.Count, files.Bytes);
    }

    private static (int Count, long Bytes) CopyFiles(string from, string to, CancellationToken cancellation)
    {
        var (count, bytes) = (0, 0L);
        if (!Directory.Exists(from)) return (count, bytes);
        // What steps are writing has a temporary name and is nobody's yet; links are not followed out of the directory.
        var plain = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (var file in Directory.EnumerateFiles(from, "*", plain))
        {
            cancellation.ThrowIfCancellationRequested();
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            try
            {
                File.Copy(file, copy);
            }
            catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
            {
                // Renamed or deleted meanwhile: a temporary file, or one of a job that retention has deleted. The check tells if it was needed.
                continue;
            }

            count++;
            bytes += new FileInfo(copy).Length;
        }

        return (count, bytes);
    }

    /// <summary>What was copied and how the check of the copy went.</summary>
    private sealed record BackupReport(DoctorReport Check, long DatabaseBytes, int Files, long FileBytes)
    {
        public string ToText(string directory) => string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{directory}: {Check.Jobs:N0} jobs, {Check.Events:N0} events, {DatabaseBytes:N0} bytes of database, {Files:N0} files of {FileBytes:N0} bytes; checked, and sound. Start on it with `dispatcher serve --data {directory}`.");

        public string ToJson(string directory) => JsonText.Of(new { Directory = directory, Check.Jobs, Check.Events, DatabaseBytes, Files, FileBytes });
    }
}
