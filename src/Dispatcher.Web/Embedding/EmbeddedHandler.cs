using Dispatcher.Steps;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Embedding;

/// <summary>A step handler that the application adds.</summary>
internal sealed record EmbeddedHandler(Func<IServiceProvider, IStepHandler> Make);

/// <summary>A workflow that the application adds.</summary>
internal sealed record EmbeddedWorkflow(WorkflowDefinition Definition);
