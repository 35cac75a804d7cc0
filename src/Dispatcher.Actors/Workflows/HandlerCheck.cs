namespace Dispatcher.Workflows;

/// <summary>Finds the faults of a definition that show only when the handlers are known.</summary>
internal static class HandlerCheck
{
    public static IReadOnlyList<WorkflowFault> Faults(WorkflowDefinition definition, Func<string, HandlerDescription?> find, IReadOnlyCollection<string> knownNames)
    {
        var report = definition.NewReport();
        foreach (var step in definition.Steps)
        {
            var (path, uses, with) = step.Source;
            if (find(step.Uses) is { } handler) With(handler, with, path.Property("with"), uses, report);
            else
            {
                report.Add(WorkflowFaultCodes.UnknownHandler, uses, path.Property("uses"),
                    $"there is no handler '{step.Uses}'{Suggestion.For(step.Uses, knownNames)}; handlers are {Suggestion.List(knownNames.Order(StringComparer.Ordinal))}");
            }
        }

        return report.Faults();
    }

    private static void With(HandlerDescription handler, SourceNode? with, FieldPath path, SourceNode uses, FaultReport report)
    {
        if (handler.With is null) return;
        var faults = handler.With.FaultsOf(with is null ? null : CanonicalJson.ToElement(with), templates: true);
        foreach (var (place, message) in faults)
            report.Add(WorkflowFaultCodes.InvalidWith, with?.Nearest(place) ?? uses, place.Under(path),
                $"{message} (handler {handler.Name})");
    }
}
