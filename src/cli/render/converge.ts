import type { ConvergeResult, Plan, PlanStep } from '../../index.js';
import { formatDuration } from '../../index.js';

/** A plan as a person reads it: one line a step, what and why. */
export function renderPlan(plan: Plan): string {
  const resumes =
    plan.resumes === undefined
      ? []
      : [
          `goes on where the converge of ${plan.resumes.since} was interrupted: ${plan.resumes.step}`,
        ];
  const lines = plan.steps.map((step) => `  ${step.action.padEnd(17)} ${describe(step)}`);
  return `${[...resumes, ...(lines.length === 0 ? ['nothing to do'] : lines)].join('\n')}\n`;
}

function describe(step: PlanStep): string {
  return [subject(step), `(${step.why})`].filter((part) => part !== '').join(' ');
}

function subject(step: PlanStep): string {
  switch (step.action) {
    case 'fetch':
      return `${step.project}/${step.version}/${step.spec}/${step.path}`;
    case 'install':
    case 'keep':
    case 'find-scripts':
      return `${step.project}/${step.version}/${step.spec}`;
    case 'run-script':
    case 'skip-script':
      return `${step.project}/${step.spec}/${step.folder}/${step.script}`;
    case 'chef':
      return step.runList.join(', ');
    case 'install-cookbooks':
    case 'skip-chef':
      return '';
  }
}

/** How a converge went, in one line. */
export function renderResult(result: ConvergeResult): string {
  const { specs, scripts, chef, reboot } = result;
  const parts = [
    `${specs.assigned} ${specs.assigned === 1 ? 'spec' : 'specs'}, ${specs.installed} installed anew`,
    chef === 'ran' ? 'Chef has run' : 'Chef skipped',
    `${scripts.ran} ${scripts.ran === 1 ? 'script' : 'scripts'} run, ${scripts.skipped} skipped`,
    ...(reboot === undefined ? [] : [reboot === 'now' ? 'reboot now' : 'a reboot is pending']),
  ];
  return `converged in ${formatDuration(result.duration)}: ${parts.join('; ')}\n`;
}
