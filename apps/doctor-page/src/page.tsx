import {
  type AnyFinding,
  defaultSettings,
  describeModel,
  explain,
  leftOut,
  looks,
  stormConclusions,
  stormFindings,
  stormMapAsSvg,
  type StormSetting,
  type StormSettings,
  stormSettings,
  type StormSurvey,
} from '@breakwater/resilience/doctor-browser';
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Configuration, drawMap, readConfiguration } from './examine.ts';
import { fragmentOf, linkedIn } from './link.ts';

const example = `# Paste the resilience4j part of an application.yml or resilience.yml.
resilience4j:
  timelimiter:
    instances:
      customer:
        timeoutDuration: 1s
  retry:
    instances:
      customer:
        maxAttempts: 3
        waitDuration: 10ms
`;

/** A page's map has fewer points than that of the command: phones are slow. */
const pageSettings: StormSettings = { ...defaultSettings, points: 12 };
const mainOptions = new Set(['load', 'trigger', 'workers', 'service', 'clients', 'patience']);

type Values = Readonly<Record<string, string>>;

/** Shows the page in an element. */
export function mount(element: Element, createWorker: () => Worker): void {
  render(<DoctorPage createWorker={createWorker} />, element);
}

function DoctorPage({ createWorker }: { readonly createWorker: () => Worker }) {
  const linked = useState(() => linkedIn(location.hash))[0];
  const [text, setText] = useState(linked?.text ?? example);
  const [name, setName] = useState(linked?.instance);
  const [values, setValues] = useState<Values>(linked?.settings ?? {});
  const [configuration, setConfiguration] = useState<Configuration>();
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    let isCurrent = true;
    readConfiguration(text).then(
      (read) => {
        if (!isCurrent) return;
        setConfiguration(read);
        setFault(undefined);
      },
      (error: Error) => {
        if (!isCurrent) return;
        setConfiguration(undefined);
        setFault(error.message);
      },
    );
    return () => void (isCurrent = false);
  }, [text]);
  useEffect(() => {
    history.replaceState(undefined, '', fragmentOf({ text, instance: name, settings: values }));
  }, [text, name, values]);

  const instances = configuration?.instances ?? [];
  const instance = instances.find((each) => each.name === name) ?? instances[0];
  return (
    <main>
      <header>
        <h1>The doctor</h1>
        <p>
          Explains a configuration of Resilience4j or Breakwater, and shows after which storms it stays down. All of it
          runs in this page: nothing is sent anywhere. The link of the page carries what you enter.
        </p>
      </header>
      <section aria-labelledby="configuration">
        <h2 id="configuration">Configuration</h2>
        <label>
          application.yml, resilience.yml or application.properties
          <textarea rows={14} spellcheck={false} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        {fault !== undefined && <p role="alert">{fault}</p>}
        {configuration?.warnings.map((warning) => (
          <p key={warning}>{warning}</p>
        ))}
        {instances.length > 1 && (
          <label>
            Instance
            <select value={instance?.name} onChange={(event) => setName(event.currentTarget.value)}>
              {instances.map((each) => (
                <option key={each.name}>{each.name}</option>
              ))}
            </select>
          </label>
        )}
        {configuration !== undefined && instance === undefined && <p role="alert">It defines no instance.</p>}
      </section>
      {configuration !== undefined && instance !== undefined && (
        <>
          <section aria-labelledby="explanation">
            <h2 id="explanation">{instance.name}</h2>
            <p>{explain(instance)}</p>
            <Findings findings={configuration.findings.filter((finding) => finding.instance === instance.name)} />
          </section>
          <Storms {...{ configuration, instance, values, setValues, createWorker }} />
        </>
      )}
      <section aria-labelledby="left-out">
        <h2 id="left-out">What the model leaves out</h2>
        <ul>
          {leftOut.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </section>
    </main>
  );
}

function Findings({ findings }: { readonly findings: readonly AnyFinding[] }) {
  if (findings.length === 0) return <p>No findings.</p>;
  return (
    <ul class="findings">
      {findings.map(({ code, severity, message }) => (
        <li key={code}>
          <strong class={severity}>{severity}</strong> <code>{code}</code>
          <p>{message}</p>
        </li>
      ))}
    </ul>
  );
}

interface StormsProps {
  readonly configuration: Configuration;
  readonly instance: Configuration['instances'][number];
  readonly values: Values;
  readonly setValues: (values: Values) => void;
  readonly createWorker: () => Worker;
}

function Storms({ configuration, instance, values, setValues, createWorker }: StormsProps) {
  const [survey, setSurvey] = useState<StormSurvey>();
  const [progress, setProgress] = useState<{ done: number; of: number; phase: string }>();
  const [fault, setFault] = useState<string>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  // A map of other settings would be misleading.
  useEffect(() => setSurvey(undefined), [configuration, instance, values]);

  const { settings, faults } = settingsOf(values);
  const draw = async () => {
    const controller = new AbortController();
    running.current = controller;
    setFault(undefined);
    setSurvey(undefined);
    setProgress({ done: 0, of: 1, phase: 'the map' });
    try {
      const onProgress = (done: number, of: number, phase: string) => setProgress({ done, of, phase });
      setSurvey(await drawMap(configuration, instance, settings, createWorker, onProgress, controller.signal));
    } catch (error) {
      if (!controller.signal.aborted) setFault(error instanceof Error ? error.message : String(error));
    } finally {
      setProgress(undefined);
    }
  };
  const field = (setting: StormSetting) => (
    <label key={setting.option}>
      {setting.option.replaceAll('-', ' ')}
      <input
        value={values[setting.option] ?? setting.valueOf(pageSettings) ?? ''}
        placeholder={setting.option === 'load' ? 'up to the capacity' : setting.example}
        aria-invalid={faults.has(setting.option)}
        aria-describedby={`about-${setting.option}`}
        onInput={(event) => setValues({ ...values, [setting.option]: event.currentTarget.value })}
      />
      <small id={`about-${setting.option}`}>
        {faults.has(setting.option) ? `Allowed: ${setting.allowed}` : setting.text}
      </small>
    </label>
  );
  const isMain = ({ option }: StormSetting) => mainOptions.has(option);
  return (
    <section aria-labelledby="storms">
      <h2 id="storms">Storms</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (faults.size === 0) void draw();
        }}
      >
        <div class="fields">{stormSettings.filter(isMain).map(field)}</div>
        <details>
          <summary>More settings</summary>
          <div class="fields">{stormSettings.filter((setting) => !isMain(setting)).map(field)}</div>
        </details>
        <p>{describeModel(settings)}</p>
        <button type="submit" disabled={progress !== undefined || faults.size > 0}>
          Draw the map
        </button>{' '}
        {progress !== undefined && (
          <button type="button" onClick={() => running.current?.abort()}>
            Cancel
          </button>
        )}
      </form>
      <p role="status">
        {progress !== undefined && `Simulating ${progress.phase}: ${progress.done} of ${progress.of}.`}
      </p>
      {fault !== undefined && <p role="alert">{fault}</p>}
      {survey !== undefined && <Survey survey={survey} />}
    </section>
  );
}

function Survey({ survey }: { readonly survey: StormSurvey }) {
  return (
    <>
      <Map svg={stormMapAsSvg(survey.map, 'The map: load to the right, size of the trigger upwards')} />
      <p class="legend">
        {Object.values(looks).map(({ mark, colour, words }) => (
          <span key={words}>
            <b style={{ background: colour }}>{mark}</b> {words}
          </span>
        ))}
      </p>
      {stormConclusions(survey).map((line) => (
        <p key={line}>{line}</p>
      ))}
      <Findings findings={stormFindings(survey)} />
      {survey.remedy !== undefined && (
        <>
          <h3>With this change: {survey.remedy.change.words}</h3>
          <Map svg={stormMapAsSvg(survey.remedy.map, 'The map with the change')} />
        </>
      )}
    </>
  );
}

/** The SVG is the library's own, with all text escaped. */
function Map({ svg }: { readonly svg: string }) {
  return <div class="map" dangerouslySetInnerHTML={{ __html: svg }} />;
}

/** The settings, and the options whose values are not allowed; an empty field is the default. */
function settingsOf(values: Values): { readonly settings: StormSettings; readonly faults: ReadonlySet<string> } {
  const faults = new Set<string>();
  let settings = pageSettings;
  for (const setting of stormSettings) {
    const value = values[setting.option]?.trim() ?? '';
    if (value === '') continue;
    const applied = setting.apply(settings, value);
    if (applied === undefined) faults.add(setting.option);
    else settings = applied;
  }
  return { settings, faults };
}
