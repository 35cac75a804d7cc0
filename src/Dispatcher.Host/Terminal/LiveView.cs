using Dispatcher.Jobs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Dispatcher.Host.Terminal;

/// <summary>The job as a picture that is drawn anew in place: a bar for the job, and a row for each step.</summary>
internal sealed class LiveView(IAnsiConsole console) : IRunView
{
    /// <summary>Lines around the rows of steps: title, bar, an empty one, what is left out, notes, the prompt.</summary>
    private const int LinesAround = 8;

    private const int BarCells = 24;
    private const int NotesShown = 2;

    private readonly Dictionary<string, Throughput> _throughputs = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];
    private LiveDisplayContext? _display;

    public TimeSpan? RefreshEvery => TimeSpan.FromMilliseconds(100);

    public Task Around(Func<Task> work) => console.Live(Text.Empty).Overflow(VerticalOverflow.Crop).StartAsync(async display =>
    {
        _display = display;
        await work();
    });

    public void Begin(JobState state)
    {
    }

    public void Committed(IEnumerable<JobEvent> events)
    {
    }

    public void Note(string sentence) => _notes.Add(sentence);

    public void Draw(RunPicture picture)
    {
        if (_display is null) return;
        _display.UpdateTarget(Render(picture));
        _display.Refresh();
    }

    /// <summary>The whole picture.</summary>
    public IRenderable Render(RunPicture picture)
    {
        var rows = new List<IRenderable> { Title(picture), JobLine(picture), Text.Empty };
        var (shown, hidden) = Choose(picture.State, Math.Max(3, console.Profile.Height - LinesAround));
        var grid = new Grid().AddColumns(
            new GridColumn().NoWrap().Padding(0, 0, 1, 0), new GridColumn().NoWrap().Padding(0, 0, 2, 0), new GridColumn().NoWrap().Padding(0, 0, 2, 0), new GridColumn().Padding(0, 0, 0, 0));
        foreach (var index in shown) grid.AddRow(Row(picture, index));
        rows.Add(grid);
        if (hidden > 0) rows.Add(new Markup($"[grey]  … and {hidden} more steps that have ended or wait for these[/]"));
        rows.AddRange(_notes.TakeLast(NotesShown).Select(note => new Markup($"[yellow]{Markup.Escape(note)}[/]")));
        return new Rows(rows);
    }

    private static Markup Title(RunPicture picture)
    {
        var workflow = picture.State.Spec.Workflow;
        return new Markup($"[bold]{Markup.Escape(workflow.Name)}[/] [grey]version {workflow.Version}  job {picture.State.Id}[/]");
    }

    private static Markup JobLine(RunPicture picture)
    {
        var state = picture.State;
        var elapsed = TimeText.Of((state.EndedAt ?? picture.Now) - (state.StartedAt ?? state.CreatedAt));
        var wait = JobWaitText(picture) is { } why ? $"  [yellow]{Markup.Escape(why)}[/]" : "";
        return new Markup($"{Bar(picture.Progress.Percent, ColorOf(state.Status))} {Math.Floor(picture.Progress.Percent),3:0} %  {state.Status.ToText()}  [grey]{elapsed}[/]{wait}");
    }

    private static string? JobWaitText(RunPicture picture) => picture.State.Status switch
    {
        JobStatus.Pending => "waits for somebody's approval",
        JobStatus.Scheduled => $"starts in {TimeText.Of((picture.State.Spec.StartAt ?? picture.Now) - picture.Now)}",
        JobStatus.Waiting => $"waits for {picture.State.OpenDependencies.Length} other jobs",
        JobStatus.Paused => $"paused by {picture.State.PausedBy?.Name}",
        _ => null,
    };

    /// <summary>The steps that fit: those that are open come before those that have ended, those before the ones that have not begun.</summary>
    private static (IReadOnlyList<int> Shown, int Hidden) Choose(JobState state, int limit)
    {
        var all = Enumerable.Range(0, state.Steps.Length).ToList();
        if (all.Count <= limit) return (all, 0);
        var shown = all.OrderBy(index => Rank(state.Steps[index].Status)).ThenByDescending(index => state.Steps[index].EndedAt ?? DateTimeOffset.MinValue).ThenBy(index => index).Take(limit).Order().ToList();
        return (shown, all.Count - shown.Count);
    }

    private static int Rank(StepStatus status) => status switch
    {
        StepStatus.Failed => 0,
        StepStatus.Running or StepStatus.Retrying or StepStatus.Queued => 1,
        StepStatus.Pending => 2,
        _ => 3,
    };

    private IRenderable[] Row(RunPicture picture, int index)
    {
        var (step, plan) = (picture.State.Steps[index], picture.State.Plan.Steps[index]);
        var percent = StepDetail.Percent(picture, step, plan);
        var throughput = step.FanOut is { } fanOut ? ThroughputOf(plan.Id).Observe(fanOut.Completed + fanOut.Failed, picture.Now) : null;
        var detail = Markup.Escape(EventText.OneLine(StepDetail.Of(picture, step, plan, throughput)));
        return
        [
            new Markup(Symbol(step.Status)),
            new Markup(step.Status == StepStatus.Pending ? $"[grey]{Markup.Escape(plan.Id)}[/]" : Markup.Escape(plan.Id)),
            new Markup(percent is { } known ? Bar(known, ColorOf(step.Status)) : $"[grey]{new string('·', BarCells)}[/]"),
            new Markup(step.Status switch
            {
                StepStatus.Failed => $"[red]{detail}[/]",
                StepStatus.Retrying or StepStatus.Queued => $"[yellow]{detail}[/]",
                StepStatus.Running => detail,
                _ => $"[grey]{detail}[/]",
            }).Overflow(Overflow.Ellipsis),
        ];
    }

    private Throughput ThroughputOf(string step)
    {
        if (!_throughputs.TryGetValue(step, out var throughput)) _throughputs.Add(step, throughput = new Throughput());
        return throughput;
    }

    private static string Bar(double percent, string color)
    {
        var full = (int)Math.Floor(Math.Clamp(percent, 0, 100) / 100 * BarCells);
        return $"[{color}]{new string('━', full)}[/][grey]{new string('─', BarCells - full)}[/]";
    }

    private static string Symbol(StepStatus status) => status switch
    {
        StepStatus.Completed => "[green]✓[/]",
        StepStatus.Failed => "[red]✗[/]",
        StepStatus.Running => "[blue]●[/]",
        StepStatus.Retrying => "[yellow]↻[/]",
        StepStatus.Queued => "[yellow]◌[/]",
        StepStatus.Skipped or StepStatus.Cancelled => "[grey]–[/]",
        _ => "[grey]·[/]",
    };

    private static string ColorOf(JobStatus status) => status switch
    {
        JobStatus.Completed => "green",
        JobStatus.Failed => "red",
        JobStatus.Cancelled or JobStatus.Paused => "yellow",
        _ => "blue",
    };

    private static string ColorOf(StepStatus status) => status switch
    {
        StepStatus.Completed => "green",
        StepStatus.Failed => "red",
        StepStatus.Retrying => "yellow",
        _ => "blue",
    };
}
