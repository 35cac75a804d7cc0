using Dispatcher.Kernel;
using Dispatcher.Steps.Handlers;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Workers;

/// <summary>
/// <c>worker</c>: a program outside makes the attempt, in any language, over HTTP. It leases the task from <c>queue</c>, says that it lives at least once in
/// <c>heartbeat</c> (30s unless given), and answers. The step's output is what the worker answers. See docs/workers.md.
/// </summary>
public sealed class WorkerHandler : IExternalStepHandler
{
    public const string HandlerName = "worker";

    /// <summary>What the name of a queue looks like, as a regular expression.</summary>
    public const string QueueName = "[a-z0-9][a-z0-9._-]{0,62}";

    private static readonly TimeSpan DefaultLease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestLease = TimeSpan.FromHours(1);

    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.Parse(
        $$"""
        {
          "type": "object",
          "additionalProperties": false,
          "required": ["queue"],
          "properties": {
            "queue": { "type": "string", "pattern": "^{{QueueName}}$" },
            "task": { "type": "string", "minLength": 1, "maxLength": 200, "description": "what the worker is to do; the step's id if absent" },
            "input": { "description": "what the worker receives" },
            "heartbeat": { "type": "string", "description": "how long a worker may be silent before its attempt is lost: 5s to 1h, 30s if absent" }
          }
        }
        """));

    public string Name => HandlerName;

    public JsonSchema? With => Schema.Value;

    /// <summary>The queues of the node that has this handler; null before it begins.</summary>
    public WorkerQueues? Queues { get; private set; }

    /// <summary>A node begins: tasks of its jobs wait in queues of its own.</summary>
    internal WorkerQueues Begin(ActorSystem system, int pollLimit) => Queues = new WorkerQueues(system, pollLimit);

    public async ValueTask<StepResult> Run(StepContext context)
    {
        var queues = Queues ?? throw new InvalidOperationException("The handler 'worker' belongs to no node yet.");
        var input = new StepInput(context.With);
        var leaseFor = input.OptionalDuration("heartbeat") ?? DefaultLease;
        if (leaseFor < ShortestLease || leaseFor > LongestLease) throw StepInput.Fault("heartbeat", "expected a duration from 5s to 1h");
        var task = new WorkerTask(context, input.RequiredString("queue"), input.OptionalString("task") ?? context.Step.Id, input.Value("input"), leaseFor);
        var ended = queues.Offer(task);
        using var registration = context.Cancellation.UnsafeRegister(static (state, _) => ((Action)state!)(), () => queues.Withdraw(task));
        return await ended;
    }
}
