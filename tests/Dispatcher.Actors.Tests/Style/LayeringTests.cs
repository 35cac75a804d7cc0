using System.Reflection;
using System.Text.RegularExpressions;

namespace Dispatcher.Actors.Tests.Style;

/// <summary>Each folder of Dispatcher.Actors uses only those to its left; Jobs and Workflows are pure.</summary>
public sealed partial class LayeringTests
{
    private const string Actors = "src/Dispatcher.Actors";

    private static readonly string[] Layers = ["Jobs", "Workflows", "Kernel", "Store", "Sharding", "Steps", "JobActors", "Coordination", "Feed"];

    /// <summary>What the pure layers must not touch: waiting, clocks, chance, logs, files, processes, the network.</summary>
    private static readonly string[] Impure =
    [
        "System.Threading.Tasks.", "System.Threading.Thread", "System.Threading.Timer", "System.TimeProvider", "System.Random", "System.Diagnostics.Process",
        "System.Security.Cryptography.RandomNumberGenerator", "Microsoft.Extensions.Logging.", "System.IO.File", "System.IO.Directory", "System.Net.", "System.Environment", "System.Console",
    ];

    [Fact]
    public void EachFolder_NamesOnlyFoldersToItsLeft()
    {
        var faults =
            from file in Repository.Sources(Actors)
            let layer = file[(Actors.Length + 1)..].Split('/')[0]
            where !layer.EndsWith(".cs", StringComparison.Ordinal)
            from Match match in LayerName().Matches(Repository.Code(file))
            let used = match.Groups["layer"].Value
            where !MayUse(layer, used)
            select $"{file} uses {used}";
        Repository.AssertNone(faults);
    }

    [Fact]
    public void EachFolder_IsALayer() => Repository.AssertNone(
        Repository.Sources(Actors).Select(file => file[(Actors.Length + 1)..].Split('/')).Where(parts => parts.Length > 1).Select(parts => parts[0]).Distinct().Except(Layers));

    /// <summary>By the compiled signatures, so that a name reached without a `using` is seen too.</summary>
    [Fact]
    public void EachType_IsMadeOfTypesToItsLeft()
    {
        var faults =
            from type in typeof(DispatcherNode).Assembly.GetTypes()
            let layer = LayerOf(type)
            where layer is not null
            from used in TypesOf(type).SelectMany(Parts)
            where used.Assembly == type.Assembly && LayerOf(used) is { } other && !MayUse(layer, other)
            select $"{type} uses {used}";
        Repository.AssertNone(faults);
    }

    [Fact]
    public void JobsAndWorkflows_ArePure()
    {
        var byType =
            from type in typeof(DispatcherNode).Assembly.GetTypes()
            where LayerOf(type) is "Jobs" or "Workflows"
            from used in TypesOf(type).SelectMany(Parts)
            where Impure.Any(name => used.FullName?.StartsWith(name, StringComparison.Ordinal) == true)
            select $"{type} uses {used}";
        var bySource =
            from folder in new[] { "Jobs", "Workflows" }
            from file in Repository.Sources($"{Actors}/{folder}")
            from Match match in ImpureName().Matches(Repository.Code(file))
            select $"{file} uses {match.Value}";
        Repository.AssertNone(byType.Concat(bySource));
    }

    private static bool MayUse(string layer, string used) => Array.IndexOf(Layers, used) <= Array.IndexOf(Layers, layer);

    private static string? LayerOf(Type type) => type.Namespace?.Split('.') is ["Dispatcher", var layer, ..] && Layers.Contains(layer) ? layer : null;

    /// <summary>Bases, fields, parameters, results and the local variables of method bodies.</summary>
    private static IEnumerable<Type> TypesOf(Type type)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        IEnumerable<Type> bases = type.BaseType is { } parent ? [parent, .. type.GetInterfaces()] : type.GetInterfaces();
        var methods = type.GetMethods(all).Cast<MethodBase>().Concat(type.GetConstructors(all)).ToList();
        return bases
            .Concat(type.GetFields(all).Select(field => field.FieldType))
            .Concat(methods.SelectMany(method => method.GetParameters()).Select(parameter => parameter.ParameterType))
            .Concat(methods.OfType<MethodInfo>().Select(method => method.ReturnType))
            .Concat(methods.SelectMany(method => method.GetMethodBody()?.LocalVariables ?? []).Select(local => local.LocalType));
    }

    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType) return Parts(type.GetElementType()!);
        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Prepend(type) : [type];
    }

    [GeneratedRegex(@"(?<![\w.])Dispatcher\.(?<layer>Jobs|Workflows|Kernel|Store|Sharding|Steps|JobActors|Coordination|Feed)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex LayerName();

    [GeneratedRegex(@"(?<![\w.])(Task|ValueTask|TimeProvider|Random|ILogger|File|Directory|Process|HttpClient|Thread|Console)\b(?=[\s.<?]+\w|\(|\.)(?!\s*=)|\basync\b|\bawait\b", RegexOptions.ExplicitCapture)]
    private static partial Regex ImpureName();
}
