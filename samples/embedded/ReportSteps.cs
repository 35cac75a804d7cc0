using System.Globalization;
using System.Text;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Functions;
using Dispatcher.Workflows;

namespace Embedded;

/// <summary>A job's input: the uploaded file, and what its owner calls it.</summary>
internal sealed record Upload(string File, string Name);

/// <summary>What the first step found.</summary>
internal sealed record Shape(string[] Columns, int Rows);

/// <summary>One column of one file.</summary>
internal sealed record Column(string File, string Name, int Index);

/// <summary>What a column holds: numbers, or words.</summary>
internal sealed record Summary(string Column, double? Least, double? Mean, double? Greatest, int? DifferentWords);

internal sealed record Summaries(Summary[] Columns, string Name, int Rows);

/// <summary>The workflow of a report: look at the file, summarise each column, write it down.</summary>
internal static class ReportWorkflow
{
    public const string Name = "csv-report";

    public static WorkflowDefinition Definition { get; } = WorkflowDefinition.Create(Name, version: 1)
        .Description("Summarises each column of a CSV file")
        .Input("""{ "type": "object", "required": ["file", "name"], "properties": { "file": { "type": "string" }, "name": { "type": "string" } } }""")
        .Step<Upload, Shape>("look", Look, retries: 2)
        .Step("summarise", SummariseColumn.HandlerName, needs: ["look"], retries: 2,
            forEach: "${steps.look.output.columns}", maxConcurrency: 1, with: new { file = "${input.file}", name = "${item}", index = "${item_index}" })
        .Step<Summaries, string>("write", Write, needs: ["summarise"],
            with: new { columns = "${steps.summarise.output}", name = "${input.name}", rows = "${steps.look.output.rows}" })
        .Output(new { report = "${steps.write.output}" })
        .Build();

    private static async Task<Shape> Look(Upload upload, StepContext context)
    {
        try
        {
            var table = await CsvTable.Read(upload.File, context.Cancellation);
            return new Shape(table.Columns, table.Rows.Count);
        }
        catch (FormatException fault)
        {
            // Nothing gets better by trying again.
            throw new StepFailedException(ErrorClass.InvalidInput, fault.Message, "NOT_CSV");
        }
    }

    private static async Task<string> Write(Summaries summaries, StepContext context)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"# {summaries.Name}\n\n{summaries.Rows} rows\n\n");
        foreach (var column in summaries.Columns)
            text.Append(CultureInfo.InvariantCulture, $"- **{column.Column}**: {(column.DifferentWords is { } words ? $"{words} different words" : $"{column.Least} to {column.Greatest}, mean {column.Mean:0.###}")}\n");
        await context.Artifacts.Write("report.md", "report", Encoding.UTF8.GetBytes(text.ToString()), context.Cancellation);
        return context.Artifacts.PathOf("report.md");
    }
}

/// <summary>Summarises one column. A class, since it wants something from the container.</summary>
internal sealed partial class SummariseColumn(ReportOptions options, ILogger<SummariseColumn> logger) : StepHandler<Column, Summary>
{
    public const string HandlerName = "report.summarise";

    public override string Name => HandlerName;

    protected override async Task<Summary> Run(Column column, StepContext context)
    {
        var table = await CsvTable.Read(column.File, context.Cancellation);
        // So that there is something to watch, and to kill.
        await Task.Delay(TimeSpan.FromMilliseconds(options.PauseMs), context.Time, context.Cancellation);
        LogColumn(logger, column.Name, context.Attempt);
        return table.Numbers(column.Index) is { Length: > 0 } numbers
            ? new Summary(column.Name, numbers.Min(), numbers.Average(), numbers.Max(), null)
            : new Summary(column.Name, null, null, null, table.Rows.Select(row => row[column.Index]).Distinct(StringComparer.Ordinal).Count());
    }

    [LoggerMessage(1, LogLevel.Information, "Summarised column {Column} in attempt {Attempt}")]
    private static partial void LogColumn(ILogger logger, string column, int attempt);
}
