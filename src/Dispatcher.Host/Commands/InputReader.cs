using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Workflows;

namespace Dispatcher.Host.Commands;

/// <summary>
/// A job's input from the command line: a JSON file, and over it <c>key=value</c> pairs. <c>a.b=c</c> sets a nested value. A value is JSON if it reads as a
/// number, true, false, null, an object or a list and the workflow does not want a text there; else it is a text. Texts that the workflow's schema calls
/// <c>format: path</c> become absolute, from the current directory.
/// </summary>
internal static class InputReader
{
    /// <exception cref="CommandException">Lists everything that is wrong with the input.</exception>
    public static JsonElement? Read(WorkflowDefinition workflow, string? file, IReadOnlyList<string> pairs, string currentDirectory)
    {
        var faults = new List<string>();
        var root = file is null ? [] : ReadFile(Path.GetFullPath(file, currentDirectory));
        foreach (var pair in pairs) Set(root, pair, workflow.InputSchema, faults);
        JsonElement? input = file is null && pairs.Count == 0 ? null : JsonSerializer.SerializeToElement(root);
        if (faults.Count == 0) faults.AddRange(workflow.ValidateInput(input).Select(fault => fault.Path.Length == 0 ? $"the input: {fault.Message}" : fault.ToString()));
        if (faults.Count > 0) throw new CommandException(ExitCode.Usage, Describe(workflow, faults));
        return input is { } value && workflow.InputSchema is { } schema ? schema.MapPaths(value, path => Absolute(path, currentDirectory)) : input;
    }

    /// <summary>The same without a workflow to check against: the server does that.</summary>
    /// <returns>Null if neither a file nor a pair is given.</returns>
    /// <exception cref="CommandException">The file or a pair cannot be read.</exception>
    public static JsonObject? ReadUnchecked(string? file, IReadOnlyList<string> pairs, string currentDirectory)
    {
        if (file is null && pairs.Count == 0) return null;
        var faults = new List<string>();
        var root = file is null ? [] : ReadFile(Path.GetFullPath(file, currentDirectory));
        foreach (var pair in pairs) Set(root, pair, schema: null, faults);
        return faults.Count == 0 ? root : throw new CommandException(ExitCode.Usage, string.Join('\n', faults));
    }

    /// <summary>Pairs whose keys and values are plain texts, as labels are.</summary>
    /// <exception cref="CommandException">A pair has no key or no '='; a key comes twice.</exception>
    public static ImmutableSortedDictionary<string, string>? ReadLabels(IReadOnlyList<string> pairs)
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            if (Split(pair) is not var (key, value)) throw new CommandException(ExitCode.Usage, $"--label {pair}: write key=value.");
            if (!labels.TryAdd(key, value)) throw new CommandException(ExitCode.Usage, $"--label {key} is given twice.");
        }

        return labels.Count == 0 ? null : labels.ToImmutable();
    }

    private static JsonObject ReadFile(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new CommandException(ExitCode.Usage, $"{path}: the input is one JSON object.");
        }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException(ExitCode.Usage, $"--input-file {path} cannot be read: {fault.Message}");
        }
    }

    private static void Set(JsonObject root, string pair, JsonSchema? schema, List<string> faults)
    {
        if (Split(pair) is not var (key, text))
        {
            faults.Add($"--input {pair}: write key=value");
            return;
        }

        var names = key.Split('.');
        var parent = root;
        foreach (var name in names[..^1])
        {
            schema = schema?.PropertyOf(name);
            if (parent[name] is null) parent[name] = new JsonObject();
            if (parent[name] is not JsonObject child)
            {
                faults.Add($"--input {key}: '{name}' has a value already that is no object");
                return;
            }

            parent = child;
        }

        if (names.Any(name => name.Length == 0)) faults.Add($"--input {key}: a name between the dots is missing");
        else parent[names[^1]] = Value(text, schema?.PropertyOf(names[^1]));
    }

    private static (string Key, string Value)? Split(string pair)
    {
        var at = pair.IndexOf('=', StringComparison.Ordinal);
        return at <= 0 ? null : (pair[..at], pair[(at + 1)..]);
    }

    private static JsonNode? Value(string text, JsonSchema? schema)
    {
        if (schema is { AllowsOnlyText: true }) return JsonValue.Create(text);
        try
        {
            var node = JsonNode.Parse(text);
            return node?.GetValueKind() == JsonValueKind.String ? JsonValue.Create(text) : node;
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    private static string Absolute(string path, string currentDirectory) =>
        path.Length == 0 || path.Contains('\0', StringComparison.Ordinal) ? path : Path.GetFullPath(path, currentDirectory);

    private static string Describe(WorkflowDefinition workflow, List<string> faults) =>
        string.Join('\n', faults.Select(fault => $"  {fault}").Prepend(
            $"The input does not fit the workflow {workflow.Name} version {workflow.Version} ({(faults.Count == 1 ? "1 fault" : $"{faults.Count} faults")}):"));
}
